import { expect, it } from 'vitest'
import { functionName, isFunctionName } from '../../../src/core/service/functionName.js'

it.each([
  ['rotate', 'rotate'],
  ['arn:aws:lambda:us-east-1:000000000000:function:rotate', 'rotate'],
  ['arn:aws:lambda:us-east-1:000000000000:function:rotate:live', 'rotate'],
  ['arn:aws:lambda:us-east-1:000000000000:function:rotate:$LATEST', 'rotate'],
  ['arn:aws-cn:lambda:cn-north-1:123456789012:function:My_fn-2', 'My_fn-2'],
  ['arn:aws:lambda:us-east-1:0:function:rotate', undefined],
  ['arn:aws:s3:us-east-1:000000000000:function:rotate', undefined],
  ['arn:aws:lambda:us-east-1:000000000000:function:', undefined],
  ['arn:aws:lambda:us-east-1:000000000000:function:a:b:c', undefined],
  ['../rotate', undefined],
  ['', undefined],
  ['a'.repeat(65), undefined]
])('%j names %j', (text, name) => expect(functionName(text)).toBe(name))

it('a name has letters, digits, hyphens and underscores, 64 at most', () => {
  for (const name of ['a', 'A-b_9', 'a'.repeat(64)]) expect(isFunctionName(name)).toBe(true)
  for (const name of ['', 'a b', 'a:b', 'a/b', 'a'.repeat(65)]) expect(isFunctionName(name)).toBe(false)
})
