import type { UndoableKind } from './action.js'

/**
 * How one kind of action changes a batch of clients, as parts of one statement (see run.ts).
 * `mine`: common tables of which the last, `mine`, has the clients that change (client_id) and what undoing it needs (kept).
 * `set`: what is written to `clients`, beside the version. `told`: the entries of their feeds (client_id, kind, details).
 * Bound are :here (the clients of the batch that are there), :tags, :to, :action, and for an undo :undoes.
 */
export interface Step { mine: string, set?: string, told: string }

const named = (table: string, id: string) => `(select jsonb_build_object('id', id, 'name', name) from ${table} where id = ${id})`
const changed = (field: string, before: string, after: string) => `
  select client_id, 'client.changed' as kind, jsonb_build_object('changes', jsonb_build_array(jsonb_build_object('field', '${field}', 'old', ${before}, 'new', ${after}))) as details from mine`
const tagged = (kind: string, from: string) => `
  select client_id, '${kind}' as kind, jsonb_build_object('tag', jsonb_build_object('id', tags.id, 'name', tags.name)) as details from ${from} join tags on tags.id = tag_id`

const column = (name: string, table: string): Step => ({
  mine: `mine as (select id as client_id, jsonb_build_object('was', ${name}) as kept from clients where id = any (:here) and ${name} is distinct from :to)`,
  set: `${name} = :to`,
  told: changed(name, named(table, "(kept ->> 'was')::bigint"), named(table, ':to'))
})
const supplier = (is: boolean): Step => ({
  mine: `mine as (select id as client_id, '{}'::jsonb as kept from clients where id = any (:here) and is_supplier <> ${is})`,
  set: `is_supplier = ${is}`,
  told: changed('is_supplier', `${!is}`, `${is}`)
})

export const APPLY: Record<UndoableKind, Step> = {
  add_tags: {
    mine: `
      put as (insert into client_tags (client_id, tag_id) select client.id, tags.id from unnest(:here::bigint[]) client (id) cross join tags where tags.id = any (:tags) on conflict do nothing returning client_id, tag_id),
      mine as (select client_id, jsonb_build_object('tags', jsonb_agg(tag_id)) as kept from put group by client_id)`,
    told: tagged('tag.added', 'put')
  },
  remove_tags: {
    mine: `
      put as (delete from client_tags where client_id = any (:here) and tag_id = any (:tags) returning client_id, tag_id),
      mine as (select client_id, jsonb_build_object('tags', jsonb_agg(tag_id)) as kept from put group by client_id)`,
    told: tagged('tag.removed', 'put')
  },
  set_campaign: column('campaign_id', 'campaigns'),
  set_location: column('location_id', 'locations'),
  make_supplier: supplier(true),
  not_supplier: supplier(false),
  archive: {
    mine: "mine as (select id as client_id, jsonb_build_object('at', now()) as kept from clients where id = any (:here) and archived_at is null)",
    set: 'archived_at = now()',
    told: "select client_id, 'client.archived' as kind, '{}'::jsonb as details from mine"
  },
  restore: {
    mine: "mine as (select id as client_id, jsonb_build_object('was', archived_at) as kept from clients where id = any (:here) and archived_at is not null)",
    set: 'archived_at = null',
    told: "select client_id, 'client.restored' as kind, '{}'::jsonb as details from mine"
  }
}

// What the action that is taken back did to these clients, as far as it stands as it left it: the rest has been changed by hand since.
const did = (still: string) => `
  did as (select r.client_id, r.kept from client_action_rows r join clients c on c.id = r.client_id
    where r.action_id = :undoes and r.client_id = any (:here) and r.outcome = 'changed' and not r.undone and ${still})`

const columnBack = (name: string, table: string): Step => ({
  mine: `
    ${did(`c.${name} is not distinct from :to and (r.kept ->> 'was' is null or exists (select from ${table} where id = (r.kept ->> 'was')::bigint))`)},
    mine as (select * from did)`,
  set: `${name} = (mine.kept ->> 'was')::bigint`,
  told: changed(name, named(table, ':to'), named(table, "(kept ->> 'was')::bigint"))
})
const supplierBack = (is: boolean): Step => ({
  mine: `${did(`c.is_supplier = ${is}`)}, mine as (select * from did)`,
  set: `is_supplier = ${!is}`,
  told: changed('is_supplier', `${is}`, `${!is}`)
})

export const TAKE_BACK: Record<UndoableKind, Step> = {
  add_tags: {
    mine: `
      ${did('true')},
      put as (delete from client_tags using did where client_tags.client_id = did.client_id and did.kept -> 'tags' @> to_jsonb(tag_id) returning client_tags.client_id, tag_id),
      mine as (select client_id, null::jsonb as kept from put group by client_id)`,
    told: tagged('tag.removed', 'put')
  },
  remove_tags: {
    mine: `
      ${did('true')},
      put as (insert into client_tags (client_id, tag_id) select client_id, tags.id from did join tags on did.kept -> 'tags' @> to_jsonb(tags.id) on conflict do nothing returning client_id, tag_id),
      mine as (select client_id, null::jsonb as kept from put group by client_id)`,
    told: tagged('tag.added', 'put')
  },
  set_campaign: columnBack('campaign_id', 'campaigns'),
  set_location: columnBack('location_id', 'locations'),
  make_supplier: supplierBack(true),
  not_supplier: supplierBack(false),
  archive: {
    mine: `${did("c.archived_at = (r.kept ->> 'at')::timestamptz")}, mine as (select * from did)`,
    set: 'archived_at = null',
    told: "select client_id, 'client.restored' as kind, '{}'::jsonb as details from mine"
  },
  restore: {
    mine: `${did('c.archived_at is null')}, mine as (select * from did)`,
    set: "archived_at = (mine.kept ->> 'was')::timestamptz",
    told: "select client_id, 'client.archived' as kind, '{}'::jsonb as details from mine"
  }
}
