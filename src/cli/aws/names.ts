/** Turns `RotationLambdaARN` into `rotation-lambda-arn`, as the AWS CLI names its commands and flags. */
export const kebab = (name: string): string =>
  name
    .replace(/(.)([A-Z][a-z]+)/g, '$1-$2')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
