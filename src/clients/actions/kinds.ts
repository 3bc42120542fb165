import type { Db } from '../../database/knex.js'
import type { ActionKind, Doing } from '../../many/actions/action.js'
import { stepsOf, type Step } from '../../many/actions/steps.js'
import { changesBetween, recordAudit } from '../../audit/record.js'
import { eraseClients } from '../erasing/erase.js'

const { did, sets, flags, archive, restore } = stepsOf('client', 'clients')

const tagged = (kind: string, from: string) => `
  select row_id, '${kind}' as kind, jsonb_build_object('tag', jsonb_build_object('id', tags.id, 'name', tags.name)) as details from ${from} join tags on tags.id = tag_id`
const put = (change: string) => `put as (${change} returning client_tags.client_id as row_id, tag_id)`
const all = "mine as (select row_id, jsonb_build_object('tags', jsonb_agg(tag_id)) as kept from put group by row_id)"
const back = 'mine as (select row_id, null::jsonb as kept from put group by row_id)'

const TAGS: Record<'add' | 'remove', { apply: Step, back: Step }> = {
  add: {
    apply: { mine: `${put('insert into client_tags (client_id, tag_id) select client.id, tags.id from unnest(:here::bigint[]) client (id) cross join tags where tags.id = any (:tags) on conflict do nothing')}, ${all}`, told: tagged('tag.added', 'put') },
    back: { mine: `${did('true')}, ${put("delete from client_tags using did where client_tags.client_id = did.row_id and did.kept -> 'tags' @> to_jsonb(tag_id)")}, ${back}`, told: tagged('tag.removed', 'put') }
  },
  remove: {
    apply: { mine: `${put('delete from client_tags where client_id = any (:here) and tag_id = any (:tags)')}, ${all}`, told: tagged('tag.removed', 'put') },
    back: { mine: `${did('true')}, ${put("insert into client_tags (client_id, tag_id) select row_id, tags.id from did join tags on did.kept -> 'tags' @> to_jsonb(tags.id) on conflict do nothing")}, ${back}`, told: tagged('tag.added', 'put') }
  }
}

const tags: ActionKind['prepare'] = async (_trx, _by, { details }) => ({ bindings: { tags: details.tags!.map(({ id }) => id) } })
const to: ActionKind['prepare'] = async (_trx, _by, { details }) => ({ bindings: { to: details.to?.id ?? null } })
const SUPPLIERS = ['clients.edit', 'clients.view', 'suppliers.view'] as const

/** What can be done to many clients at once. */
export const CLIENT_KINDS = {
  add_tags: { needs: ['clients.edit'], ...TAGS.add, prepare: tags },
  remove_tags: { needs: ['clients.edit'], ...TAGS.remove, prepare: tags },
  set_campaign: { needs: ['clients.edit'], ...sets('campaign_id', 'campaigns'), prepare: to },
  set_location: { needs: ['clients.edit'], ...sets('location_id', 'locations'), prepare: to },
  make_supplier: { needs: SUPPLIERS, ...flags('is_supplier', true) },
  not_supplier: { needs: SUPPLIERS, ...flags('is_supplier', false) },
  archive: { needs: ['clients.delete'], ...archive },
  restore: { needs: ['clients.delete'], ...restore },
  erase: {
    needs: ['clients.erase'],
    confirms: true,
    async forGood (trx, by, { id }, { batch, here }) {
      await eraseClients(trx, by, here, 'deleted')
      await trx.raw("update client_action_rows set outcome = case when client_id = any (:here) then 'changed' else 'skipped' end, why = case when client_id = any (:here) then null else 'gone' end where action_id = :id and client_id = any (:batch)", { id, batch, here })
      return here.length
    }
  }
} satisfies Record<string, ActionKind>

/** An action that deletes for good leaves nothing of its clients to tell of it: the audit log says how many they were. */
export async function tellOfErased (trx: Db, { id, kind, changed, details, employee_id: by }: Doing): Promise<void> {
  const told = details.told ?? 0
  if (kind !== 'erase' || changed === told) return
  await recordAudit(trx, { id: by }, 'clients.erased', { changes: changesBetween({}, { clients: changed - told }) })
  await trx('client_actions').where({ id }).update({ details: JSON.stringify({ ...details, told: changed }) })
}
