export { gitUserName } from '../system/git/userName.js'
