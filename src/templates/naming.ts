import type { Db } from '../database/knex.js'
import { shapeOf } from '../form-editor/shape.js'
import { translator } from '../web/i18n.js'
import { wordsOf } from '../web/labels.js'
import type { Language, Viewer } from '../web/viewer.js'
import { listVariables } from './variables.js'

/** What variables are called by people, "Client: Surname", in their order; one that there isn't any more by its name. */
export async function namesOfVariables (db: Db, { formVersions, organisation }: Viewer, language: Language, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return []
  const t = translator(language), known = new Map(listVariables({ client: await shapeOf(db, 'client', formVersions), lead: await shapeOf(db, 'lead', formVersions) }).map(variable => [variable.name, variable]))
  return names.map(name => {
    const variable = known.get(name)
    return variable ? `${t(`templates.groups.${variable.group}`)}: ${variable.own ? wordsOf(variable.own, language, organisation.language) : t(`templates.variables.${variable.group}.${variable.key}`)}` : name
  })
}
