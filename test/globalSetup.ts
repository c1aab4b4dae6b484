/** Runs once, before all test files: processes of several of them start the built program at the same time. */
export { buildIfStale as setup } from './app/built.js'
