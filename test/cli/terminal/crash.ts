import { openFullScreen } from '../../../src/cli/screen/fullScreen.js'

/** A program that ends in the middle of its screen: by an error that nobody catches, or by `process.exit`. */
const screen = openFullScreen(true)(() => undefined)
screen.show({ lines: [[{ text: 'correct horse' }]], cursor: { row: 0, column: 3 } })
setTimeout(() => {
  if (process.argv[2] === 'exit') process.exit(3)
  throw new Error('what went wrong')
}, 0)
