import type { Db } from '../../../src/database/knex.js'

/**
 * Takes indexes, keys, references (theirs and those of others to them) and triggers off the tables, and gives the statements that put them back.
 * Each table is written anew on the way, so that COPY may freeze what it adds.
 */
export async function strip (trx: Db, tables: string[]): Promise<string[]> {
  const { rows: constraints }: { rows: { table: string, name: string, definition: string, type: 'f' | 'p' }[] } = await trx.raw(`
    select conrelid::regclass::text as table, quote_ident(conname) as name, pg_get_constraintdef(oid) as definition, case contype when 'f' then 'f' else 'p' end as type from pg_constraint
    where contype in ('p', 'u', 'f') and conrelid = any (:tables::text[]::regclass[]) or contype = 'f' and confrelid = any (:tables::text[]::regclass[])
    order by contype = 'f' desc, oid`, { tables })
  const { rows: indexes }: { rows: { name: string, definition: string }[] } = await trx.raw(`
    select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index i
    where indrelid = any (?::text[]::regclass[]) and not exists (select from pg_constraint c where c.conindid = i.indexrelid and contype in ('p', 'u')) order by indexrelid`, [tables])
  // What is said of an index's columns goes with it.
  const { rows: samples }: { rows: { sql: string }[] } = await trx.raw(`
    select format('alter index %s alter column %s set statistics %s', attrelid::regclass, attnum, attstattarget) as sql from pg_attribute
    where attrelid in (select indexrelid from pg_index where indrelid = any (?::text[]::regclass[])) and attstattarget >= 0`, [tables])
  const references = constraints.filter(({ type }) => type === 'f'), keys = constraints.filter(({ type }) => type === 'p')
  for (const { table, name } of references) await trx.raw(`alter table ${table} drop constraint ${name}`)
  await rewrite(trx, tables)
  for (const { table, name } of keys) await trx.raw(`alter table ${table} drop constraint ${name}`)
  for (const { name } of indexes) await trx.raw(`drop index ${name}`)
  for (const table of tables) await trx.raw(`alter table ${table} disable trigger user`)
  const add = ({ table, name, definition }: (typeof constraints)[number]) => `alter table ${table} add constraint ${name} ${definition}`
  return [...keys.map(add), ...indexes.map(({ definition }) => definition), ...samples.map(({ sql }) => sql), ...references.map(add), ...tables.map(table => `alter table ${table} enable trigger user`)]
}

async function rewrite (trx: Db, tables: string[]): Promise<void> {
  const { rows }: { rows: { table: string, index: string }[] } = await trx.raw(`
    select distinct on (indrelid) indrelid::regclass::text as table, c.relname as index from pg_index i join pg_class c on c.oid = indexrelid
    where indrelid = any (?::text[]::regclass[]) and indpred is null and indexprs is null order by indrelid, not indisprimary, indexrelid`, [tables])
  for (const { table, index } of rows) {
    await trx.raw(`cluster ${table} using ${index}`)
    await trx.raw(`alter table ${table} set without cluster`)
  }
}
