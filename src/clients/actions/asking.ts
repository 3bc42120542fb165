import type { Db } from '../../database/knex.js'
import type { SystemItem } from '../../form-editor/definition.js'
import { shapeOf } from '../../form-editor/shape.js'
import { all } from '../../list-views/address.js'
import type { ActionDetails, Asked } from '../../many/actions/action.js'
import { ensureTag } from '../../tags/queries.js'
import { idOf, typedText, type Body, type FieldErrors } from '../../web/form.js'
import type { Viewer } from '../../web/viewer.js'
import { KINDS, type Named } from '../client.js'
import { listFilterChoices } from '../list/queries.js'
import { listChoices } from '../queries.js'
import { requires } from '../required.js'
import { readTagNames } from '../tags/form.js'

/** Names of tags to put on; ids of those to take off; the campaign or location to set, null: none. */
export interface ClientAsked { tagNames: string[], tagIds: number[], to: number | null }

/** Reads what is to be done to clients. */
export function askClients (kind: string | null, typed: Body, errors: FieldErrors): Asked<ClientAsked> {
  const tagNames = kind === 'add_tags' ? readTagNames(typed, errors) : []
  const tagIds = all(typed.tag_id).map(idOf).filter(id => id !== null)
  // One more tag is added to those in the form.
  const isStep = kind === 'add_tags' && 'add_tag' in typed
  if (kind === 'add_tags' && tagNames.length === 0 && !isStep) errors.tag ??= { key: 'tags.empty' }
  if (isStep && errors.tag?.key === 'tags.empty') delete errors.tag
  if (kind === 'remove_tags' && tagIds.length === 0) errors.tag_id = { key: 'form.choose' }
  const to = typedText(typed, 'to')
  if ((kind === 'set_campaign' || kind === 'set_location') && to !== 'none' && idOf(to) === null) errors.to = { key: 'form.choose' }
  return { values: { tagNames, tagIds, to: idOf(to) }, isStep }
}

/** What is put on, taken off or set, as it is called now. Tags that aren't there are made. */
export async function findDetails (trx: Db, _viewer: Viewer, kind: string, { tagNames, tagIds, to }: ClientAsked): Promise<ActionDetails | { wrong: FieldErrors }> {
  if (kind === 'add_tags') {
    const tags: Named[] = []
    for (const name of tagNames.toSorted()) tags.push(await ensureTag(trx, name))
    return { tags: tags.map(({ id, name }) => ({ id, name })) }
  }
  if (kind === 'remove_tags') {
    const tags = await trx('tags').whereIn('id', tagIds).orderBy('name_key').select('id', 'name')
    return tags.length > 0 ? { tags } : { wrong: { tag_id: { key: 'form.choose' } } }
  }
  if (kind !== 'set_campaign' && kind !== 'set_location') return {}
  if (to === null) return { to: null }
  const found = await trx(kind === 'set_campaign' ? 'campaigns' : 'locations').where({ id: to }).whereNull('retired_at').first('id', 'name')
  return found ? { to: found } : { wrong: { to: { key: 'form.choose' } } }
}

/** What there is to choose from. */
export async function listActionChoices (db: Db, viewer: Viewer, kind: string | null) {
  const [{ tags }, onOffer, shape] = await Promise.all([listFilterChoices(db), listChoices(db), shapeOf(db, 'client', viewer.formVersions)])
  const isRequired = (system: SystemItem) => KINDS.some(kind => requires(shape, { kind }, system))
  return { choices: { ...onOffer, tags }, mayBeNone: !isRequired(kind === 'set_campaign' ? 'campaign' : 'location') }
}
