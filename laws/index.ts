export * as Laws from "./laws.ts"
