import { git } from '../git/git.js'
import type { Place } from '../git/place.js'
import { components } from '../files/paths.js'
import { splitNul } from '../git/splitNul.js'

/** The files below a folder that git's index has, in conflict or not. */
export async function gitFiles(place: Place, folder: string): Promise<string[]> {
  components(folder)
  const { output } = await git(place, ['ls-files', '-z', '--', `${folder}/`])
  return [...new Set(splitNul(output))]
}
