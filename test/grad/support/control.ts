export const control = {}
