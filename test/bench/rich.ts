import { FIELD_KINDS, isChoice } from '../../src/form-editor/definition.js'
import type { Db } from '../../src/database/knex.js'
import { addFields, type DescribedField } from '../support/fields.js'

const FIELDS = 60
const PHONES = 20
const ENTRIES = 10_000

/** Makes the form ask for sixty own fields, and gives a client something in each, twenty phones and a feed of ten thousand entries. */
export async function makeRich (db: Db, id: number): Promise<void> {
  const described = Object.fromEntries(Array.from({ length: FIELDS }, (_, n): [string, DescribedField] => {
    const kind = FIELD_KINDS[n % FIELD_KINDS.length]!
    return [`bench_${n}`, { kind, label: `Field number ${n}`, choices: isChoice(kind) ? ['One', 'Two', 'Three', 'Four'] : [] }]
  }))
  await addFields(db, described)
  await db.raw(`
    insert into client_values (client_id, field_id, text_value, number_value, day_value, moment_value, option_id)
    select ?, f.id, case when kind in ('short_text', 'long_text', 'unique_id') then 'Value ' || f.id when kind = 'link' then 'https://client.example/' || f.id end,
      case kind when 'number' then f.id when 'yes_no' then 1 end, case kind when 'date' then date '2026-05-20' end, case kind when 'date_time' then timestamptz '2026-05-20T10:00Z' end,
      case when kind in ('one_choice', 'several_choices') then (select min(o.id) from field_options o where o.field_id = f.id) end
    from fields f where key like 'bench\\_%'`, [id])
  await db.raw(`
    insert into client_phones (client_id, position, type_id, typed, e164, display, digits)
    select ?, n, (select min(id) from phone_types), '+48 600 000 ' || n, '+48600000' || n, '+48 600 000 ' || n, '48600000' || n from generate_series(100, ?::int) n`, [id, 99 + PHONES])
  await db.raw("insert into events (client_id, kind, employee_id, body) select ?, 'comment', (select min(id) from employees), 'Entry ' || n from generate_series(1, ?::int) n", [id, ENTRIES])
  await db.raw('analyze client_values, client_phones, events, fields')
}
