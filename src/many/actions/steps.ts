/**
 * How one kind of action changes a batch, as parts of one statement (see run.ts).
 * `mine`: common tables of which the last, `mine`, has the rows that change (row_id) and what undoing it needs (kept).
 * `set`: what is written to the noun's table, beside the version; it may read `mine`. `told`: the entries of their feeds (row_id, kind, details). `also`:
 * common tables that write what goes with it.
 * Bound are :here (the rows of the batch that are there and may change), :by, :action, for an undo :undoes, and what its kind prepares.
 */
export interface Step { mine: string, set?: string, told: string, also?: string }

/** The steps there and back that nouns have in common; `one` and `table` are as in Many. */
export function stepsOf (one: string, table: string) {
  const changed = (field: string, before: string, after: string) => `
    select row_id, '${one}.changed' as kind, jsonb_build_object('changes', jsonb_build_array(jsonb_build_object('field', '${field}', 'old', ${before}, 'new', ${after}))) as details from mine`
  const happened = (kind: string) => `select row_id, '${one}.${kind}' as kind, '{}'::jsonb as details from mine`

  // What the action that is taken back did to these rows, as far as it stands as it left it: the rest has been changed by hand since.
  const did = (still: string) => `
    did as (select r.${one}_id as row_id, r.kept from ${one}_action_rows r join ${table} c on c.id = r.${one}_id
      where r.action_id = :undoes and r.${one}_id = any (:here) and r.outcome = 'changed' and not r.undone and ${still})`
  const mineIf = (still: string) => `${did(still)}, mine as (select * from did)`
  const mine = (kept: string, where: string) => `mine as (select id as row_id, jsonb_build_object(${kept}) as kept from ${table} where id = any (:here) and ${where})`

  const named = (list: string, id: string) => `(select jsonb_build_object('id', id, 'name', name) from ${list} where id = ${id})`

  return {
    did,
    mineIf,
    mine,
    /** Sets a column to a row of the company's own, :to, or to none. */
    sets: (column: string, list: string): { apply: Step, back: Step } => ({
      apply: {
        mine: mine(`'was', ${column}`, `${column} is distinct from :to`),
        set: `${column} = :to`,
        told: changed(column, named(list, "(kept ->> 'was')::bigint"), named(list, ':to'))
      },
      back: {
        mine: mineIf(`c.${column} is not distinct from :to and (r.kept ->> 'was' is null or exists (select from ${list} where id = (r.kept ->> 'was')::bigint))`),
        set: `${column} = (mine.kept ->> 'was')::bigint`,
        told: changed(column, named(list, ':to'), named(list, "(kept ->> 'was')::bigint"))
      }
    }),
    /** Says yes or no to something. */
    flags: (column: string, is: boolean): { apply: Step, back: Step } => ({
      apply: { mine: mine('', `${column} <> ${is}`), set: `${column} = ${is}`, told: changed(column, `${!is}`, `${is}`) },
      back: { mine: mineIf(`c.${column} = ${is}`), set: `${column} = ${!is}`, told: changed(column, `${is}`, `${!is}`) }
    }),
    archive: {
      apply: { mine: mine("'at', now()", 'archived_at is null'), set: 'archived_at = now()', told: happened('archived') },
      back: { mine: mineIf("c.archived_at = (r.kept ->> 'at')::timestamptz"), set: 'archived_at = null', told: happened('restored') }
    },
    restore: {
      apply: { mine: mine("'was', archived_at", 'archived_at is not null'), set: 'archived_at = null', told: happened('restored') },
      back: { mine: mineIf('c.archived_at is null'), set: "archived_at = (mine.kept ->> 'was')::timestamptz", told: happened('archived') }
    }
  } satisfies Record<string, unknown>
}
