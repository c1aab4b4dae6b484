// The list of what a release is made of, in CycloneDX's JSON.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { packagesOf, root } from '../bundling.mjs'
import { npm } from '../program.mjs'
import { runtimeVersion } from './runtimes.mjs'

/**
 * Returns it as text: what npm says about the package's dependencies, and what only the executables have. The same commit
 * has the same text.
 * @param metafile of the executable's bundle
 * @param time of the commit, in seconds since 1970
 */
export function sbomOf(metafile, time) {
  const [file, ...before] = npm()
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--omit', 'optional', '--omit', 'peer']
  const sbom = JSON.parse(execFileSync(file, [...before, ...args], { cwd: root, encoding: 'utf8' }))
  const known = new Set(sbom.components.map(component => component['bom-ref']))
  const added = packagesOf([metafile])
    .map(({ name, version, license }) => component(name, version, license))
    .filter(each => !known.has(each['bom-ref']))
  const bun = { ...component('bun', runtimeVersion, 'MIT'), type: 'framework' }
  sbom.components.push(...added, bun)
  sbom.components.sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1))
  const refs = [...added, bun].map(each => each['bom-ref'])
  sbom.dependencies.push(...refs.map(ref => ({ ref, dependsOn: [] })))
  sbom.metadata.component.name = 'git-vault'
  sbom.metadata.timestamp = new Date(time * 1000).toISOString()
  // of these contents, not of the moment
  delete sbom.serialNumber
  const hash = createHash('sha256').update(JSON.stringify(sbom)).digest('hex')
  const parts = /^(.{8})(.{4}).(.{3}).(.{3})(.{12})/.exec(hash)
  sbom.serialNumber = `urn:uuid:${parts[1]}-${parts[2]}-5${parts[3]}-8${parts[4]}-${parts[5]}`
  return `${JSON.stringify(sbom, undefined, 2)}\n`
}

function component(name, version, license) {
  const id = `${name}@${version}`
  return {
    'bom-ref': id,
    type: 'library',
    name,
    version,
    scope: 'required',
    purl: `pkg:npm/${id.replace(/^@/, '%40')}`,
    properties: [{ name: 'git-vault:part', value: 'only of the executables' }],
    licenses: [{ license: { id: license } }]
  }
}
