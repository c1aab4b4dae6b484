const NAME = /^[A-Za-z0-9_-]{1,64}$/
const ARN =
  /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:([A-Za-z0-9_-]{1,64})(?::[A-Za-z0-9$_-]{1,128})?$/

/** Whether a function can have this name, by Lambda's rule. */
export const isFunctionName = (name: string): boolean => NAME.test(name)

/** The name of the function that RotationLambdaARN names, as an ARN or by its name alone; `undefined` if it is neither. */
export function functionName(text: string): string | undefined {
  return ARN.exec(text)?.[1] ?? (NAME.test(text) ? text : undefined)
}
