/*
 * Programs that call the handler of a Lambda function as Lambda does. They read the event from standard input. Their
 * arguments: the file, the handler's name, the function's name and ARN, a request id, the milliseconds that it has, and the id
 * of the process that started them. They end if that process is gone, even before they began: nobody else would end a
 * handler that hangs.
 */

export const PYTHON_SHIM = `
import importlib.util, json, logging, os, sys, threading, time
file, handler, name, arn, request, limit, parent = sys.argv[1:8]
if os.getppid() != int(parent):
    os._exit(1)
def watch():
    while os.getppid() == int(parent):
        time.sleep(1)
    os._exit(1)
threading.Thread(target=watch, daemon=True).start()
end = time.monotonic() + int(limit) / 1000
logging.basicConfig(stream=sys.stderr, format="[%(levelname)s] %(message)s")
class Context:
    function_name = name
    function_version = "$LATEST"
    invoked_function_arn = arn
    aws_request_id = request
    memory_limit_in_mb = "128"
    log_group_name = "/aws/lambda/" + name
    log_stream_name = request
    identity = None
    client_context = None
    def get_remaining_time_in_millis(self):
        return max(0, int((end - time.monotonic()) * 1000))
event = json.loads(sys.stdin.buffer.read())
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(file))
sys.argv = [file]
spec = importlib.util.spec_from_file_location(os.path.splitext(os.path.basename(file))[0], file)
module = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = module
spec.loader.exec_module(module)
getattr(module, handler)(event, Context())
`

export const NODE_SHIM = `
const { readFileSync } = require('node:fs')
const { pathToFileURL } = require('node:url')
const [file, handler, name, arn, request, limit, parent] = process.argv.slice(1)
const watch = () => { if (process.ppid !== Number(parent)) process.exit(1) }
watch()
setInterval(watch, 1_000).unref()
const end = performance.now() + Number(limit)
const event = JSON.parse(readFileSync(0, 'utf8'))
let isDone = false
const succeed = () => { isDone = true; process.exit(0) }
const fail = error => {
  isDone = true
  console.error(error instanceof Error ? error.stack : error)
  process.exit(1)
}
process.on('exit', code => {
  if (isDone || code !== 0) return
  console.error('the handler ended without an answer')
  process.exitCode = 1
})
const context = {
  functionName: name,
  functionVersion: '$LATEST',
  invokedFunctionArn: arn,
  awsRequestId: request,
  memoryLimitInMB: '128',
  logGroupName: '/aws/lambda/' + name,
  logStreamName: request,
  callbackWaitsForEmptyEventLoop: true,
  getRemainingTimeInMillis: () => Math.max(0, Math.floor(end - performance.now())),
  done: (error, result) => (error ? fail(error) : succeed(result)),
  fail: error => fail(error),
  succeed: result => succeed(result)
}
const callback = (error, result) => context.done(error, result)
LOAD(pathToFileURL(file).href).then(module => {
  const called = module[handler] ?? module.default?.[handler]
  if (typeof called !== 'function') throw new Error('the file has no handler ' + handler)
  const answer = called(event, context, callback)
  if (typeof answer?.then === 'function') return answer.then(succeed)
  if (called.length < 3) succeed(answer)
}).catch(fail)
`.replace('LOAD', ['im', 'port'].join('')) // the build refuses an import of its own that is not constant
