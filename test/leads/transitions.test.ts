import fc from 'fast-check'
import t from 'tap'
import { transaction } from '../../src/database/transaction.js'
import { GROUPS, isClosed, type Group } from '../../src/leads/lead.js'
import { MovedMeanwhile, moveLead, MoveRefused } from '../../src/leads/moving.js'
import { RIGHTS } from '../../src/rights.js'
import { Forbidden } from '../../src/web/errors.js'
import { makeViewer } from '../../src/web/viewer.js'
import { cast } from '../support/cast.js'

const COUNT = 5

/** What an admin could draw: of each status its group and where it leads; and what somebody tries with one lead. */
const maps = fc.record({
  groups: fc.array(fc.constantFrom(...GROUPS), { minLength: COUNT, maxLength: COUNT }),
  next: fc.array(fc.subarray([...Array(COUNT).keys()]), { minLength: COUNT, maxLength: COUNT })
})
const tries = fc.array(fc.record({
  to: fc.nat(COUNT - 1), from: fc.option(fc.nat(COUNT - 1)), reason: fc.constantFrom('', 'Too expensive'), mayWin: fc.boolean(), urgent: fc.boolean()
}), { minLength: 1, maxLength: 12 })

t.test('whatever is tried, a lead goes only where its status leads, and its history says how it came there', async t => {
  const { db, anna } = await cast(t)
  const viewer = (mayWin: boolean) => makeViewer({
    id: anna.id, name: anna.name, email: anna.email, language: 'en', roleId: anna.roleId, roleKey: null, rights: RIGHTS.filter(right => mayWin || right !== 'leads.win'),
    organisation: { name: 'Naprawa', country: 'PL', currency: 'PLN', timeZone: 'Europe/Warsaw', language: 'en', phoneUniqueness: 'warn', emailUniqueness: 'warn', fileMegabytes: 50, fileCount: 20, fileKinds: [], logo: null },
    locationIds: [],
    formVersions: {}
  })
  const type = (await db('lead_types').first('id'))!.id
  let made = 0
  await fc.assert(fc.asyncProperty(maps, tries, async ({ groups, next }, tries) => {
    const undone = new Error('as it was')
    await transaction(db, async trx => {
      const ids: number[] = (await trx('lead_statuses').insert(groups.map(group_key => ({ group_key, labels: { en: group_key } }))).returning('id')).map(({ id }) => id)
      const arrows = next.flatMap((list, from) => list.filter(to => to !== from).map(to => ({ from_id: ids[from], to_id: ids[to] })))
      if (arrows.length > 0) await trx('lead_status_moves').insert(arrows)
      const [{ id }] = await trx('leads').insert({ number: `P-${++made}`, type_id: type, status_id: ids[0] }).returning('id')
      await trx('lead_moves').insert({ lead_id: id, to_id: ids[0] })

      let at = 0, path = [0]
      for (const { to, from, reason, mayWin, urgent } of tries) {
        const group: Group = groups[to]!
        await trx('leads').where({ id }).update({ urgent })
        const wanted = from !== null && from !== at ? MovedMeanwhile : to === at || !next[at]!.includes(to) ? MoveRefused : group === 'won' && !mayWin ? Forbidden : group === 'lost' && reason === '' ? MoveRefused : null
        const refused = await moveLead(trx, viewer(mayWin), id, { to: ids[to]!, from: from === null ? null : ids[from]!, reason }).then(() => null, error => error)
        if (wanted ? !(refused instanceof wanted) : refused) throw new Error(`${at} to ${to}: ${refused ?? 'moved'}, not ${wanted?.name ?? 'moved'}`)
        if (!wanted) path.push(at = to)
        const lead = (await trx('leads').where({ id }).first())!
        const is = { status: lead.status_id, urgent: lead.urgent, reason: lead.lost_reason !== '' }
        const should = { status: ids[at], urgent: urgent && (wanted !== null || group !== 'won'), reason: groups[at] === 'lost' && path.length > 1 }
        if (JSON.stringify(is) !== JSON.stringify(should)) throw new Error(`${JSON.stringify(is)}, not ${JSON.stringify(should)}`)
        if (path.length > 1 && (lead.closed_at !== null) !== isClosed(groups[at]!)) throw new Error(`closed at ${lead.closed_at} in ${groups[at]}`)
      }
      const moves = await trx('lead_moves').where({ lead_id: id }).orderBy('id').select('from_id', 'to_id')
      const told = await trx('events').where({ lead_id: id, kind: 'lead.moved' }).orderBy('id').pluck('details')
      const steps = path.slice(1).map((to, n) => [ids[path[n]!], ids[to]])
      for (const found of [moves.slice(1).map(({ from_id, to_id }) => [from_id, to_id]), told.map(({ from, to }) => [from, to])]) {
        if (JSON.stringify(found) !== JSON.stringify(steps)) throw new Error(`${JSON.stringify(found)}, not ${JSON.stringify(steps)}`)
      }
      throw undone
    }).catch(error => { if (error !== undone) throw error })
  }), { numRuns: 40 })
  t.pass('of forty maps')
})
