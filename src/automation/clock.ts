import type { Db } from '../database/knex.js'
import { dayOf, instantAt } from '../web/zone.js'
import { act, findWhere, type Where } from './act.js'
import { causesIn } from './causes.js'
import { listRulesOn } from './queries.js'
import type { Rule } from './rule.js'

// What came due while no server ran is told for so long: later it would only surprise.
const LOOK_BACK = 2 * 86_400_000
const AT_ONCE = 500

/** Lets rules act upon what the clock has brought since they are on. Several processes may look at once: each cause is acted on once. */
export async function tick (db: Db, now = new Date()): Promise<void> {
  const where = await findWhere(db)
  if (!where) return
  for (const rule of await listRulesOn(db)) {
    if (rule.event === 'lead.overdue' || rule.event === 'task.due') await actSince(db, rule, new Date(Math.max(rule.onSince!.getTime(), now.getTime() - LOOK_BACK)), now, where)
    if (rule.event === 'date') await actToday(db, rule, now, where)
  }
}

async function actSince (db: Db, rule: Rule, from: Date, to: Date, where: Where): Promise<void> {
  for (;;) {
    const causes = await causesIn(db, rule, { from, to, limit: AT_ONCE, anew: true }, where.timeZone)
    await act(db, rule, causes, where)
    if (causes.length < AT_ONCE) return
  }
}

// A day is looked through once, at its time; what a rule that was off would have sent that day it doesn't send.
async function actToday (db: Db, rule: Rule, now: Date, where: Where): Promise<void> {
  const today = dayOf(now, where.timeZone), at = instantAt(today, rule.atMinute, where.timeZone)
  if (at > now || (rule.ranOn !== null && rule.ranOn >= today)) return
  if (rule.onSince! <= at) await actSince(db, rule, at, new Date(at.getTime() + 1), where)
  await db('automation_rules').where({ id: rule.id }).update({ ran_on: today })
}
