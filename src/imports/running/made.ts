import type { Db } from '../../database/knex.js'
import { campaigns } from '../../campaigns/list.js'
import { locations } from '../../locations/list.js'
import { createChoice, findByName } from '../../choices/queries.js'
import type { Choice, ChoiceList } from '../../choices/choice.js'
import { folded } from '../../form-editor/kind/convert.js'
import { ensureTag } from '../../tags/queries.js'
import type { Viewer } from '../../web/viewer.js'

/**
 * Makes what the rows of an import name and the company hasn't: tags, campaigns, locations, choices of own fields, as far as the check
 * let them through. May be repeated.
 */
export async function makeMissing (trx: Db, by: Viewer, id: number): Promise<void> {
  const { rows: tags } = await trx.raw(`
    select min(name) as name from (select distinct unnest(tags) as name from import_rows where import_id = ? and verdict in ('create', 'update') and tags is not null) n
    where not exists (select from tags t where t.name_key = fold(n.name)) group by fold(name) order by 1`, [id])
  for (const { name } of tags) await ensureTag(trx, name)
  await makeListed(trx, by, id, 'campaign', campaigns, name => ({ name, starts_on: null, ends_on: null }))
  await makeListed(trx, by, id, 'location', locations, name => ({ name }))
  await makeOptions(trx, by, id)
}

async function makeListed<R extends Choice, V extends object> (trx: Db, by: Viewer, id: number, column: 'campaign' | 'location', list: ChoiceList<R, V>, values: (name: string) => V): Promise<void> {
  const names: string[] = await trx('import_rows').where({ import_id: id }).whereIn('verdict', ['create', 'update']).whereNotNull(column).distinct(column).orderBy(column).pluck(column)
  for (const name of names) {
    const choice = await findByName(trx, list, name) ?? await createChoice(trx, by, list, values(name))
    await trx('import_rows').where({ import_id: id, [column]: name }).update({ [`${column}_id`]: choice.id, [column]: null })
  }
}

async function makeOptions (trx: Db, by: Viewer, id: number): Promise<void> {
  const { rows } = await trx.raw(`
    select (v->>'field_id')::bigint as field, v->>'option' as label, min(r.row) from import_rows r cross join jsonb_array_elements(r.own) v
    where r.import_id = ? and r.own is not null and r.verdict in ('create', 'update') and v->>'option' is not null group by 1, 2 order by 1, 3`, [id])
  if (rows.length === 0) return
  await trx('form_versions').where({ subject: 'client' }).forUpdate().first()
  for (const { field, label } of rows as { field: number, label: string }[]) {
    const options = await trx('field_options').where({ field_id: field }).select('id', 'labels', 'position')
    const known = options.find(({ labels }) => Object.values(labels).some(one => folded(one as string) === folded(label)))
    const option = known?.id ?? (await trx('field_options').insert({ field_id: field, position: Math.max(-1, ...options.map(({ position }) => position)) + 1, labels: { [by.organisation.language]: label } }).returning('id'))[0].id
    await trx.raw(`
      update import_rows set own = (select jsonb_agg(case when (v->>'field_id')::bigint = :field and v->>'option' = :label then v - 'option' || jsonb_build_object('option_id', :option::bigint) else v end) from jsonb_array_elements(own) v)
      where import_id = :id and own @> jsonb_build_array(jsonb_build_object('field_id', :field::bigint, 'option', :label::text))`, { id, field, label, option })
  }
  const [{ version }] = await trx('form_versions').where({ subject: 'client' }).increment('version').returning('version')
  await trx('imports').where({ id }).update({ form_version: version })
}
