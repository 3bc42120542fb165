import type { Db } from '../database/knex.js'

/** Tells somebody that a conversation was given to them, unless they took it themselves; whoever was told of it before and had it until now hears no more of that. */
export async function tellOfTalk (trx: Db, by: { id: number }, conversationId: number, employeeId: number | null): Promise<void> {
  await trx('notifications').where({ conversation_id: conversationId, read_at: null }).update({ read_at: trx.fn.now() })
  if (employeeId !== null && employeeId !== by.id) await trx('notifications').insert({ employee_id: employeeId, conversation_id: conversationId, by_id: by.id, notice: 'talk', in_app: true })
}

/** What was told of one conversation is of another from now on. */
export const moveTalkNotices = async (trx: Db, from: number, to: number): Promise<void> => { await trx('notifications').where({ conversation_id: from }).update({ conversation_id: to }) }
