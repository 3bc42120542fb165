import type { Db } from '../../src/database/knex.js'
import type { Language } from '../../src/web/viewer.js'
import { Chance } from './chance.js'
import { makeNumber } from './phones.js'
import { someoneAt, type Shop } from './shop.js'
import { fill, WORDS } from './words.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const CHUNK = 500

/** How long a lead may stay in a status of the demo, in minutes. */
const LIMITS: Record<string, number> = { new_lead: 24 * 60, in_work: 7 * 24 * 60, waiting: 14 * 24 * 60 }

/** What becomes of leads, by how many. */
const ENDS: [status: string, weight: number][] = [['successful_order', 46], ['successful_sale', 12], ['expensive', 17], ['canceled', 15], ['mishandled', 10]]

interface Move { to: string, at: number, by: number }

/** Gives the demo shop the leads of its last year: of clients and of strangers, most of them answered long ago, those of the last days still open. */
export async function makeLeads (db: Db, shop: Shop, count: number): Promise<void> {
  const chance = new Chance(25)
  const { calendar } = shop
  const statuses = await idsOf(db, 'lead_statuses')
  const types = await idsOf(db, 'lead_types')
  for (const [key, limit] of Object.entries(LIMITS)) await db('lead_statuses').where({ key }).update({ limit_minutes: limit })
  const clients: Known[] = await db('clients').where({ is_supplier: false }).whereNull('archived_at').orderBy('id', 'desc').limit(2 * count).select('id', 'name', 'location_id',
    db.raw(`(select json_build_object('typed', typed, 'e164', e164, 'display', display, 'digits', digits) from client_phones p where p.client_id = clients.id and removed_at is null order by position, id limit 1) as phone`))

  const made = Array.from({ length: count }, (_, n) => {
    // The newest stand close together: these are the open ones.
    const share = (n + 1) / count
    const point = calendar.end - 365 * DAY * (1 - share) ** 1.15 - chance.next() * HOUR
    const created = calendar.workingTime(point).getTime()
    const branch = chance.weigh(shop.branches.map(branch => [branch, branch.weight] as const))
    const client = chance.is(0.55) ? chance.pick(clients) : null
    const location = client?.location_id ?? (chance.is(0.85) ? branch.location.id : null)
    const manager = someoneAt(shop, location, new Date(created), chance)
    const type = chance.is(0.14) ? 'missed_call' : 'lead'
    const person = chance.weigh(branch.names).person(chance)
    const day = new Date(created).toISOString().slice(0, 10)
    const running = shop.campaigns.filter(({ starts, ends }) => (starts ?? day) <= day && day <= (ends ?? day))
    const moves = movesOf(chance, shop, point, manager.id)
    const now = moves.at(-1)!
    const isClosed = ENDS.some(([status]) => status === now.to)
    const limit = LIMITS[now.to]
    // Of open ones some are late by now, the others due within days.
    const due = isClosed ? Math.ceil(created / HOUR) * HOUR + chance.int(1, 48) * HOUR : calendar.end + chance.int(-1, 4) * DAY + chance.int(18, 34) * HOUR / 2
    return {
      row: {
        number: `L-${String(n + 1).padStart(5, '0')}`, type_id: types.get(type), status_id: statuses.get(now.to), status_since: new Date(now.at), status_late_at: isClosed || !limit ? null : new Date(now.at + limit * MINUTE),
        client_id: client?.id ?? null, contact_name: client ? client.name : type === 'missed_call' ? '' : chance.is(0.4) ? person.firstName : `${person.firstName} ${person.surname}`,
        campaign_id: running.length > 0 && chance.is(0.75) ? chance.pickEarly(running).id : null, location_id: location, manager_id: manager.id,
        comment: type === 'missed_call' ? '' : fill(chance.pick(ASKED[manager.language]), WORDS[manager.language], chance),
        due_at: chance.is(isClosed ? 0.6 : 0.85) ? new Date(Math.max(due, created + HOUR)) : null,
        urgent: !isClosed && chance.is(0.12), lost_reason: isLost(now.to) ? chance.pick(REASONS[manager.language]) : '',
        created_by: manager.id, created_at: new Date(created), active_at: new Date(now.at), closed_at: isClosed ? new Date(now.at) : null, version: moves.length
      },
      moves,
      phone: client?.phone ?? makeNumber(chance, chance.weigh(branch.numbers), shop.country, 'mobile')
    }
  })

  for (let from = 0; from < made.length; from += CHUNK) {
    const chunk = made.slice(from, from + CHUNK)
    const ids: number[] = (await db('leads').insert(chunk.map(({ row }) => row)).returning('id')).map(({ id }) => id)
    await db('lead_phones').insert(chunk.map(({ phone: { typed, e164, display, digits } }, n) => ({ lead_id: ids[n], typed, e164, display, digits })))
    const moves = chunk.flatMap(({ moves }, n) => moves.map(({ to, at, by }, i) => ({ lead_id: ids[n], from_id: i === 0 ? null : statuses.get(moves[i - 1]!.to), to_id: statuses.get(to), employee_id: by, at: new Date(at) })))
    await db('lead_moves').insert(moves)
    await db('events').insert(chunk.flatMap(({ row, moves }, n) => moves.map(({ to, at, by }, i) => ({
      lead_id: ids[n], employee_id: by, at: new Date(at), version: i + 1, kind: i === 0 ? 'lead.created' : 'lead.moved',
      details: JSON.stringify(i === 0 ? { source: 'form' } : { from: statuses.get(moves[i - 1]!.to), to: statuses.get(to), reason: isLost(to) ? row.lost_reason : '', calmed: false })
    }))))
  }
  await db('lead_counters').insert({ period: '', last: count }).onConflict('period').merge()
}

interface Known { id: number, name: string, location_id: number | null, phone: { typed: string, e164: string | null, display: string, digits: string } | null }

const isLost = (status: string): boolean => ['expensive', 'canceled', 'mishandled'].includes(status)

/** How a lead went on from when it came in: what is older is rarely open. */
function movesOf (chance: Chance, { calendar }: Shop, created: number, by: number): Move[] {
  let point = created
  const moves: Move[] = [{ to: 'new_lead', at: calendar.workingTime(point).getTime(), by }]
  const age = (calendar.end - created) / DAY
  const goOn = (to: string, hours: number): boolean => {
    point += (0.2 + chance.next()) * hours * HOUR
    if (point >= calendar.end) return false
    moves.push({ to, at: calendar.workingTime(point).getTime(), by })
    return true
  }
  if (chance.is(age < 1.5 ? 0.55 : age < 4 ? 0.1 : 0.003) || !goOn('in_work', 3)) return moves
  if (chance.is(0.35) && !goOn('waiting', 20)) return moves
  if (chance.is(age < 3 ? 0.5 : age < 14 ? 0.3 : age < 30 ? 0.12 : 0.012)) return moves
  if (moves.at(-1)!.to === 'waiting' && chance.is(0.4) && !goOn('in_work', 30)) return moves
  goOn(chance.weigh(ENDS), 40)
  return moves
}

async function idsOf (db: Db, table: string): Promise<Map<string, number>> {
  return new Map((await db(table).whereNotNull('key').select('key', 'id')).map(({ key, id }) => [key, id]))
}

const ASKED: Record<Language, string[]> = {
  en: ['{item}: asks what a repair costs.', '{item} does not switch on, wants to bring it on {day}.', 'Wants to know whether we repair a {item}.', 'Asks for a visit on {day} at {hour}.', '{item} fell down, needs it back by {day}.', 'Has an offer for {price}, asks for ours.'],
  es: ['{item}: pregunta cuánto cuesta la reparación.', '{item}: no se enciende, quiere traerlo el {day}.', 'Quiere saber si reparamos: {item}.', 'Pide una visita el {day} a las {hour}.', '{item}: se ha caído, lo necesita para el {day}.', 'Tiene una oferta de {price}, pide la nuestra.'],
  pl: ['{item}: pyta, ile kosztuje naprawa.', '{item}: nie włącza się, chce przynieść ({day}).', 'Pyta, czy naprawiamy: {item}.', 'Prosi o wizytę: {day}, godz. {hour}.', '{item}: po upadku, potrzebne na: {day}.', 'Ma ofertę za {price}, pyta o naszą.'],
  pt: ['{item}: pergunta quanto custa a reparação.', '{item}: não liga, quer trazer ({day}).', 'Quer saber se reparamos: {item}.', 'Pede uma visita: {day} às {hour}.', '{item}: caiu, precisa até {day}.', 'Tem uma oferta de {price}, pede a nossa.']
}

const REASONS: Record<Language, string[]> = {
  en: ['Found it cheaper elsewhere', 'Bought a new one', 'Could not wait so long', 'Did not answer any more'],
  es: ['Lo encontró más barato', 'Compró uno nuevo', 'No podía esperar tanto', 'No volvió a contestar'],
  pl: ['Znalazł taniej gdzie indziej', 'Kupił nowe', 'Nie mógł tak długo czekać', 'Przestał odbierać'],
  pt: ['Encontrou mais barato', 'Comprou um novo', 'Não podia esperar tanto', 'Deixou de atender']
}
