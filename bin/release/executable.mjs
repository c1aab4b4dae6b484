// What the executable runs. Its first argument may name one of the programs that are files of their own in the npm package:
// see src/system/files/ownProcess.ts.
import { main } from '../../src/cli/main.ts'
import { ownMarks } from '../../src/system/files/ownProcess.ts'

// By default a runtime may open a debugger on this signal, which other users of the machine can connect to.
process.on('SIGUSR1', () => undefined)

const mark = process.argv[2]
if (mark === ownMarks.agent) {
  takeMark()
  void import('../../src/system/agent/agentProcess.ts')
} else if (mark === ownMarks.clipboard) {
  takeMark()
  void import('../../src/system/clip/clearProcess.ts')
} else if (mark === ownMarks.builtin) {
  takeMark()
  void import('../../src/app/rotation/builtin/builtinProcess.ts')
} else void main(process.argv.slice(2)).then(code => process.exit(code))

/** Each of these programs reads its arguments from the third on. */
function takeMark() {
  process.argv.splice(2, 1)
}
