import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

/** `WENGERT_TARGET=dist` tests what `npm run build` made; otherwise the sources are tested, with no build at all. */
const built = process.env["WENGERT_TARGET"] === "dist"

export default defineConfig({
  resolve: {
    alias: [
      { find: /^wengert$/, replacement: path(built ? "dist/src/index.js" : "src/index.ts") },
      { find: /^wengert\/html$/, replacement: path(built ? "dist/src/picture/index.js" : "src/picture/index.ts") },
      { find: /^wengert\/laws$/, replacement: path(built ? "dist/laws/index.js" : "laws/index.ts") }
    ]
  },
  test: {
    include: ["{test,laws,typetest}/**/*.test.ts"],
    testTimeout: 60_000,
    // nobody watches: all cores may be busy
    maxWorkers: availableParallelism(),
    reporters: process.env["CI"] ? ["default", ["json", { outputFile: ".cache/test-results.json" }]] : ["default"]
  }
})
