import type { ReplicaDocument, SecretDocument } from '../format/documents.js'
import { valuesOf } from '../versions/register.js'
import { envelopeFact } from './envelopeFact.js'
import type { Fact, NameOf } from './facts.js'

/** The facts of a secret.yaml. */
export function secretFacts(document: SecretDocument, nameOf: NameOf): Fact[] {
  const { name, arn, created, key, description, type, policy, deletion, rotated } = document
  const all: (Fact | undefined)[] = [
    { topic: 'secret', text: name },
    { topic: 'arn', text: arn },
    { topic: 'created', text: created },
    { topic: 'key', text: key.value },
    optional('description', description?.value),
    optional('type', type?.value),
    ...valuesOf(document.tags).map(([tag, text]) => ({ topic: 'tag', name: tag, text })),
    ...valuesOf(document.replicas).map(([region, keyId]) => ({
      topic: 'replica',
      name: region,
      text: keyId === '' ? '' : `key ${keyId}`
    })),
    ...policyFacts(policy?.value),
    optional('rotation', rotationText(document.rotation)),
    optional('rotated', rotated),
    optional('deletion', deletion?.date === undefined ? undefined : `scheduled for ${deletion.date}`),
    envelopeFact(document.signed, nameOf)
  ]
  return all.filter(fact => fact !== undefined)
}

/** The facts of a replica.yaml. */
export function replicaFacts({ name, primary }: ReplicaDocument): Fact[] {
  return [
    { topic: 'secret', text: name },
    { topic: 'replica of', text: `the secret in ${primary}` }
  ]
}

const optional = (topic: string, text: string | undefined): Fact | undefined =>
  text === undefined ? undefined : { topic, text }

function rotationText(rotation: SecretDocument['rotation']): string | undefined {
  if (rotation?.function === undefined) return undefined
  const { enabled, days, schedule, duration } = rotation
  const parts = [
    rotation.function,
    days === undefined ? undefined : `every ${days} days`,
    schedule,
    duration === undefined ? undefined : `within ${duration}`,
    enabled === 'no' ? 'turned off' : undefined
  ]
  return parts.filter(part => part !== undefined).join(', ')
}

/** One fact for each statement of the policy, so that a difference shows which one changed. */
function policyFacts(policy: string | undefined): Fact[] {
  if (policy === undefined) return []
  const statements = statementsOf(policy)
  return statements
    ? statements.map((statement, at) => ({
        topic: 'policy statement',
        name: String(at + 1),
        text: JSON.stringify(statement)
      }))
    : [{ topic: 'policy', text: policy }]
}

function statementsOf(policy: string): unknown[] | undefined {
  try {
    const { Statement } = JSON.parse(policy) as { Statement?: unknown }
    return Array.isArray(Statement) ? (Statement as unknown[]) : undefined
  } catch {
    return undefined // shown as it is
  }
}
