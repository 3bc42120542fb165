/**
 * Everything there is of a client besides its own row: each table, by the column that names the client. What is merged, erased and
 * exported is read from here, so a table that isn't named here would be forgotten: test/clients/merging.test.ts compares this with
 * the database's own catalogs and fails. A noun that gives clients something new adds its lines.
 */
export interface Belonging {
  table: string
  column: string
  /**
   * What becomes of its rows when their client is merged into another:
   * `moves`: they are the survivor's from then on, by their `id`, and move back when the merge is undone;
   * `unites`: the survivor has each of `by` once (tags); an undo gives every client its own again;
   * `chooses`: the survivor has one client's rows for each value of `by` (own fields), as was chosen; the others are kept for an undo;
   * `goes`: they mean nothing without that client, and are made anew where they are needed.
   */
  merge: 'moves' | 'unites' | 'chooses' | 'goes'
  /** The column by which rows of one client are told apart, where they have no id of their own. */
  by?: string
  /**
   * How its rows go when the client is erased: with it (on delete cascade), by themselves before it, or not at all: what stays is freed
   * of the person by this statement (:ids, an array).
   */
  erase: 'cascades' | 'first' | { stays: string }
  /** Under which name, and as what, its rows stand in the export of a client's data; null: they say nothing of the client. :client is bound. */
  exports: { name: string, sql: string } | null
}

const OWN_VALUE = "coalesce(to_jsonb(v.text_value), case when f.kind = 'yes_no' then to_jsonb(v.number_value = 1) end, to_jsonb(v.number_value), to_jsonb(v.day_value), to_jsonb(v.moment_value), o.labels)"

/** A client's row, a jsonb, with the names of what it tells by number: beside it, of who made them instead of it. */
export const withNames = (row: string): string => `(${row} || jsonb_build_object(${
  [['campaign', 'campaigns', 'campaign_id'], ['location', 'locations', 'location_id'], ['price_type_services', 'price_types', 'price_type_services_id'], ['price_type_products', 'price_types', 'price_type_products_id'], ['created_by', 'employees', 'created_by']]
    .map(([field, table, told]) => `'${field}', (select t.name from ${table} t where t.id = (${row} ->> '${told}')::bigint)`).join(', ')}))`

const BY = '(select name from employees e where e.id = employee_id)'

export const BELONGINGS: readonly Belonging[] = [
  {
    table: 'automation_runs', column: 'client_id', merge: 'moves', erase: 'cascades', exports: {
      name: 'automatic_messages', sql: 'select n.at, r.name as rule, n.outcome, n.why from automation_runs n join automation_rules r on r.id = n.rule_id where n.client_id = :client order by n.id'
    }
  },
  {
    table: 'client_phones', column: 'client_id', merge: 'moves', erase: 'cascades', exports: {
      name: 'phones', sql: `
        select typed, e164, coalesce(y.name, y.key) as type, whatsapp, viber, sms, removed_at
        from client_phones p join phone_types y on y.id = p.type_id where client_id = :client order by removed_at nulls first, p.position, p.id`
    }
  },
  {
    table: 'client_emails', column: 'client_id', merge: 'moves', erase: 'cascades', exports: {
      name: 'emails', sql: 'select address, agrees, removed_at from client_emails where client_id = :client order by removed_at nulls first, position, id'
    }
  },
  {
    table: 'consents', column: 'client_id', merge: 'moves', erase: 'cascades', exports: {
      name: 'consents', sql: `
        select at, channel, address, given, ${BY} as noted_by, source, nullif(source_name, '') as source_name, how,
          (select body from consent_wordings w where w.id = wording_id) as wording,
          (select json_agg(json_build_object('at', n.at, 'how', n.how, 'note', n.note) order by n.id) from consent_notes n where n.consent_id = consents.id) as notes
        from consents where client_id = :client order by id`
    }
  },
  {
    table: 'client_tags', column: 'client_id', merge: 'unites', by: 'tag_id', erase: 'cascades', exports: {
      name: 'tags', sql: 'select name from client_tags ct join tags t on t.id = ct.tag_id where client_id = :client order by name_key'
    }
  },
  {
    table: 'client_values', column: 'client_id', merge: 'chooses', by: 'field_id', erase: 'cascades', exports: {
      name: 'own_fields', sql: `
        select f.key, f.labels, ${OWN_VALUE} as value
        from client_values v join fields f on f.id = v.field_id left join field_options o on o.id = v.option_id where client_id = :client order by v.field_id, v.position`
    }
  },
  {
    table: 'events', column: 'client_id', merge: 'moves', erase: 'cascades', exports: {
      name: 'feed', sql: `select at, kind, ${BY} as employee, details, body, edited_at, deleted_at from events where client_id = :client order by id`
    }
  },
  {
    table: 'tasks', column: 'client_id', merge: 'moves', erase: 'cascades', exports: {
      name: 'tasks', sql: `
        select what, due_on, due_time, (select name from employees e where e.id = assignee_id) as assignee, created_at, done_at, deleted_at
        from tasks where client_id = :client order by id`
    }
  },
  // What is being written goes with its message.
  { table: 'letter_drafts', column: 'client_id', merge: 'goes', erase: 'cascades', exports: null },
  {
    table: 'files', column: 'client_id', merge: 'moves', erase: 'cascades', exports: {
      name: 'files', sql: `select id, name, type, size, ${BY} as employee, created_at, removed_at from files where client_id = :client order by id`
    }
  },
  {
    // What came in stays counted, without whose it was.
    table: 'leads', column: 'client_id', merge: 'moves', erase: {
      stays: `
        with mine as (select id from leads where client_id = any (:ids)),
        phones as (delete from lead_phones where lead_id in (select id from mine)),
        own as (delete from lead_values where lead_id in (select id from mine)),
        tasks as (delete from tasks where lead_id in (select id from mine)),
        files as (delete from files where lead_id in (select id from mine)),
        written as (delete from events where lead_id in (select id from mine) and (kind like 'task.%' or kind like 'file%')),
        said as (update events set details = '{}', body = null where lead_id in (select id from mine) and not (kind like 'task.%' or kind like 'file%'))
        update leads set client_id = null, contact_name = '', comment = '', lost_reason = '', version = version + 1 where id in (select id from mine)`
    }, exports: {
      name: 'leads', sql: `
        select number, contact_name, (select json_agg(display order by p.position, p.id) from lead_phones p where p.lead_id = l.id) as phones,
          comment, due_at, urgent, lost_reason, created_at, closed_at,
          (select json_agg(json_build_object('key', f.key, 'labels', f.labels, 'value', ${OWN_VALUE}) order by v.field_id, v.position)
            from lead_values v join fields f on f.id = v.field_id left join field_options o on o.id = v.option_id where v.lead_id = l.id) as own_fields,
          (select json_agg(json_build_object('what', k.what, 'due_on', k.due_on, 'due_time', k.due_time, 'done_at', k.done_at) order by k.id) from tasks k where k.lead_id = l.id) as tasks,
          (select json_agg(json_build_object('id', i.id, 'name', i.name, 'type', i.type, 'size', i.size) order by i.id) from files i where i.lead_id = l.id) as files,
          (select json_agg(json_build_object('at', v.at, 'kind', v.kind, 'employee', (select name from employees e where e.id = v.employee_id), 'details', v.details, 'body', v.body) order by v.id) from events v where v.lead_id = l.id) as feed
        from leads l where client_id = :client order by id`
    }
  },
  {
    table: 'messages', column: 'client_id', merge: 'moves', erase: 'cascades', exports: {
      name: 'messages', sql: `
        select created_at as at, direction, channel, state, address, subject, body_text as text, ${BY} as employee,
          (select json_agg(json_build_object('at', f.at, 'state', f.state) order by f.id) from message_fates f where f.message_id = messages.id) as fates
        from messages where client_id = :client order by id`
    }
  },
  {
    // That somebody rang stays in the log, without whose number it was.
    table: 'calls', column: 'client_id', merge: 'moves', erase: {
      stays: "update calls set client_id = null, e164 = null, display = '', digits = '', recording_url = null, lead_id = null where client_id = any (:ids)"
    }, exports: {
      name: 'calls', sql: `select started_at as at, direction, state, display as number, answered_at, ended_at, seconds, ${BY} as employee, recording_url is not null as recorded from calls where client_id = :client order by id`
    }
  },
  { table: 'conversations', column: 'client_id', merge: 'goes', erase: 'cascades', exports: null }, // made anew where messages are: migrations/0034_queue_messages.ts
  { table: 'duplicate_prints', column: 'client_id', merge: 'goes', erase: 'cascades', exports: null },
  { table: 'duplicate_pairs', column: 'a_id', merge: 'goes', erase: 'cascades', exports: null },
  { table: 'duplicate_pairs', column: 'b_id', merge: 'goes', erase: 'cascades', exports: null },
  { table: 'duplicate_members', column: 'client_id', merge: 'goes', erase: 'cascades', exports: null },
  { table: 'client_selection', column: 'client_id', merge: 'goes', erase: 'cascades', exports: null },
  {
    table: 'client_merges', column: 'survivor_id', merge: 'moves', erase: 'cascades', exports: {
      name: 'merged_from', sql: `
        select m.at, c.name, ${withNames("(c.kept -> 'row')")} as as_it_was, ${BY} as employee
        from client_merges m join client_merge_clients c on c.merge_id = m.id where m.survivor_id = :client order by m.id, c.client_id`
    }
  }
]

/**
 * Where a client's number stands without a reference to it, and what is done to those rows when the client is erased (:ids, an array)
 * so that nothing of the person is left in them. Rows that say no more than the number may stay as they are: null.
 */
export interface Mention { table: string, column: string, erase: string | null }

export const MENTIONS: readonly Mention[] = [
  { table: 'client_action_rows', column: 'client_id', erase: null },
  { table: 'mailing_recipients', column: 'client_id', erase: 'delete from mailing_recipients where client_id = any (:ids)' },
  { table: 'client_words', column: 'client_id', erase: null }, // the search's, which a trigger takes out with its client
  { table: 'client_merge_clients', column: 'client_id', erase: 'delete from client_merge_clients where client_id = any (:ids)' },
  { table: 'client_erasures', column: 'client_id', erase: null },
  { table: 'duplicate_changes', column: 'client_id', erase: null },
  {
    table: 'import_rows', column: 'client_id', erase: `
      update import_rows set cells = null, lacks = null, kept = null, why = null, first_name = null, surname = null, company_name = null, conflict_reason = null, address = null, note = null, phones = null, emails = null, tags = null, own = null
      where client_id = any (:ids)`
  }
]

/** The tables whose rows are the survivor's after a merge, by their id. */
export const MOVING = BELONGINGS.filter(({ merge }) => merge === 'moves')
