import { readdirSync } from 'node:fs'
import t from 'tap'
import type { Db } from '../../src/database/knex.js'
import { migrateToLatest, stepBack } from '../../src/database/migrate.js'
import { inRoot } from '../../src/paths.js'
import { cast } from '../support/cast.js'
import { addClient, addClients } from '../support/clients.js'

/** Everything that migrations make, as lines. */
async function made (db: Db): Promise<string[]> {
  const { rows } = await db.raw(`
    select format('column %s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default) as line from information_schema.columns where table_schema = 'public'
    union all select 'index ' || indexdef from pg_indexes where schemaname = 'public'
    union all select format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) from pg_constraint where connamespace = 'public'::regnamespace
    union all select 'trigger ' || pg_get_triggerdef(oid) from pg_trigger where not tgisinternal and tgrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
    union all select 'function ' || pg_get_functiondef(p.oid) from pg_proc p where pronamespace = 'public'::regnamespace and prokind = 'f' and not exists (select from pg_depend where objid = p.oid and deptype = 'e')
    order by line`)
  return rows.map(({ line }: { line: string }) => line).filter((line: string) => !/^\S+ (public\.)?migrations|\bmigrations(_lock)?(_pkey)?\b/.test(line))
}

t.test('each migration is taken back from a desk with clients, leaves nothing behind, and is made again', async t => {
  const { db, anna } = await cast(t)
  await addClients(db, anna)
  await addClient(db, anna, { surname: 'Nowak', address: 'Rynek 1', phones: [{ number: '600 123 456', on: ['sms'] }], emails: [{ address: 'nowak@poczta.example', agrees: true }] })
  const all = await made(db)
  t.ok(all.length > 500)
  const count = readdirSync(inRoot('dist', 'migrations')).filter(name => name.endsWith('.js')).length
  for (let left = count; left > 0; left--) await stepBack(db)
  t.same(await made(db), [])
  await migrateToLatest(db)
  t.same(await made(db), all)
})
