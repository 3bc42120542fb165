import type { Knex } from 'knex'
import type { Db } from '../../database/knex.js'

/** A query as a cursor of another process opens it. */
export interface Statement { sql: string, bindings: readonly unknown[] }

/** Statements that read this of each part of what was chosen, one after the other. */
export function statementsOf (db: Db, parts: readonly Knex.QueryBuilder[], read: readonly string[], bindings: { zone: string, fields: number[] }): Statement[] {
  return parts.map(part => {
    const { sql, bindings: bound } = part.select(db.raw(read.join(', '), bindings as unknown as Knex.ValueDict)).toSQL()
    return { sql, bindings: bound }
  })
}

const AT_ONCE = 500

/** Rows of several statements by a cursor each, all as they were at one moment, in batches. */
export async function * readByCursor (db: Db, statements: readonly Statement[]): AsyncGenerator<Record<string, any>[]> {
  const trx = await db.transaction(undefined, { isolationLevel: 'repeatable read', readOnly: true })
  try {
    for (const { sql, bindings } of statements) {
      await trx.raw(`declare exported no scroll cursor for ${sql}`, bindings as Knex.RawBinding[])
      for (;;) {
        const { rows } = await trx.raw(`fetch ${AT_ONCE} from exported`)
        if (rows.length > 0) yield rows
        if (rows.length < AT_ONCE) break
      }
      await trx.raw('close exported')
    }
  } finally {
    await trx.rollback().catch(() => {})
  }
}
