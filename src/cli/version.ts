export { version } from '../app/version.js'
