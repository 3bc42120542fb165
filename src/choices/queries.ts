import type { Knex } from 'knex'
import { changesBetween, recordAudit, recordChanges } from '../audit/record.js'
import type { AuditChange } from '../audit/entry.js'
import type { Db } from '../database/knex.js'
import { anywhere } from '../database/like.js'
import { NotFound } from '../web/errors.js'
import type { Viewer } from '../web/viewer.js'
import { isUsed, type Choice, type ChoiceList, type Count, type NamedChoice, type Use } from './choice.js'

/** Another one of the list has this name, in whatever case and with whatever accents. */
export class NameTaken extends Error {}

/** It has it: it can't be deleted without saying what they shall have instead. */
export class InUse extends Error {
  constructor (readonly use: Use) { super() }
}

/** What should take its place isn't there (any more). */
export class NoSuchChoice extends Error {}

/** The last one on offer can't be taken off it. */
export class LastOne extends Error {}

/** Somebody else changed it since the form was shown. */
export class ChangedMeanwhile extends Error {
  constructor (readonly now: Choice) { super() }
}

export const CHOICES_PAGE = 100

export interface ChoicesFilter { q: string, after: number | null, before: number | null }

export interface ChoicesPage<R extends Choice> {
  rows: (R & { count: Count, about: unknown })[]
  after: number | null
  before: number | null
  /** How many there are in all, whatever is searched for. */
  total: number
}

// What nobody has given a place stands behind, by name.
const LAST = 2_147_483_647
const ORDER = `coalesce(position, ${LAST})`
const NAME = "coalesce(name_key, '')"
const PLACE = `(retired_at is not null, ${ORDER}, ${NAME}, id)`

const columnsOf = ({ columns }: ChoiceList, db: Db) => db.raw(['id', 'name', 'retired_at is not null as retired', ...(columns.includes('key') ? [] : ['null as key']), ...columns].join(', '))

// Rows of a list's table as its type has them.
const rowsOf = (db: Db, list: ChoiceList): Knex.QueryBuilder<any, any> => db(list.table).select(columnsOf(list, db)) as any

/** One page of a list with how many have each: three queries, however many rows. */
export async function listChoicesPage<R extends Choice> (db: Db, list: ChoiceList<R>, { q, after, before }: ChoicesFilter): Promise<ChoicesPage<R>> {
  const id = after ?? before
  const found: R[] = await rowsOf(db, list).modify((query: Knex.QueryBuilder) => {
    if (q) query.whereRaw(`name_key like ${anywhere('fold(?)')}`, [q])
    if (id) query.whereRaw(`${PLACE} ${before ? '<' : '>'} (select retired_at is not null, ${ORDER}, ${NAME}, id from ?? where id = ?)`, [list.table, id])
  }).orderByRaw(before ? `retired_at is not null desc, ${ORDER} desc, ${NAME} desc, id desc` : `retired_at is not null, ${ORDER}, ${NAME}, id`).limit(CHOICES_PAGE + 1)
  const more = found.length > CHOICES_PAGE
  const page = found.slice(0, CHOICES_PAGE)
  if (before) page.reverse()
  const ids = page.map(row => row.id)
  const [counts, about, [{ total }]] = await Promise.all([list.count(db, ids), list.about?.(db, ids), db(list.table).count('* as total')])
  return {
    rows: page.map(row => ({ ...row, count: counts.get(row.id) ?? { count: 0, more: false }, about: about?.get(row.id) })),
    after: (before ? true : more) ? page.at(-1)?.id ?? null : null,
    before: (before ? more : Boolean(after)) ? page[0]?.id ?? null : null,
    total: Number(total)
  }
}

/** Throws NotFound, also for an id that was none (null). */
export async function findChoice<R extends Choice> (db: Db, list: ChoiceList<R>, id: number | null): Promise<R> {
  const choice = id && await rowsOf(db, list).where({ id }).first()
  if (!choice) throw new NotFound()
  return choice
}

/** Those of a list with these ids, in its order; what isn't there is left out. */
export async function findChoices<R extends Choice> (db: Db, list: ChoiceList<R>, ids: readonly number[]): Promise<R[]> {
  const rows: any[] = await rowsOf(db, list).whereIn('id', [...ids]).orderByRaw(`retired_at is not null, ${ORDER}, ${NAME}, id`)
  return rows
}

/** What can take one's place: all that are offered but this one, unless they are too many to choose from. */
export async function listOthers<R extends Choice> (db: Db, list: ChoiceList<R>, id: number): Promise<R[]> {
  if (list.isLong) return []
  const rows: any[] = await rowsOf(db, list).whereNot({ id }).whereNull('retired_at').orderByRaw(`${ORDER}, ${NAME}, id`)
  return rows
}

/** The one of this name, whatever its case and accents; undefined when there is none. */
export async function findByName<R extends Choice> (db: Db, list: ChoiceList<R>, name: string): Promise<R | undefined> {
  return rowsOf(db, list).whereRaw('name_key = fold(?)', [name]).first()
}

/** Throws NameTaken. */
export async function createChoice<R extends Choice, V extends object> (trx: Db, by: Viewer, list: ChoiceList<R, V>, values: V): Promise<R> {
  const [choice] = await trx(list.table).insert(values).returning(columnsOf(list, trx)).catch(error => sayTaken(list, error))
  await audit(trx, by, list, choice, changesBetween({}, list.audited(values)))
  return choice
}

/**
 * Writes what the form says. `isSeen` is asked of what is there now: false when its writer saw something else. Throws NotFound,
 * ChangedMeanwhile, NameTaken.
 */
export async function changeChoice<R extends Choice, V extends object> (trx: Db, by: Viewer, list: ChoiceList<R, V>, id: number, values: V, isSeen: (now: R) => boolean): Promise<R> {
  const now = await lockChoice(trx, list, id)
  if (!isSeen(now)) throw new ChangedMeanwhile(now)
  const [choice] = await trx(list.table).where({ id }).update(values).returning(columnsOf(list, trx)).catch(error => sayTaken(list, error))
  const before = list.read(list.typed(now), now).values
  await recordChanges(trx, by, list.audit, { subject: subjectOf(list, choice), changes: changesBetween(before ? list.audited(before) : {}, list.audited(values)) })
  return choice
}

/** Takes one off what is offered, or puts it back. Throws NotFound, LastOne. */
export async function setRetired<R extends Choice> (trx: Db, by: Viewer, list: ChoiceList<R>, id: number | null, retired: boolean): Promise<R> {
  if (retired && list.keepsOne) await lockOrder(trx, list)
  const choice = await lockChoice(trx, list, id)
  if (choice.retired === retired) return choice
  if (retired) await keepOne(trx, list, [choice.id])
  await trx(list.table).where({ id }).update({ retired_at: retired ? trx.fn.now() : null })
  await audit(trx, by, list, choice, [{ field: 'retired', old: choice.retired, new: retired }])
  return choice
}

/** Where one goes: a step up or down, or ahead of or behind another of the list. */
export type Step = 'up' | 'down' | { aheadOf: number } | { behind: number }

/** Moves one of those on offer; the others close up. Nothing happens when it isn't there any more. */
export async function moveChoice (trx: Db, by: Viewer, list: ChoiceList, id: number, step: Step): Promise<void> {
  await lockOrder(trx, list)
  const mine = '(select place from ordered where id = :id)'
  const other = '(select place from ordered where id = :other)'
  const target = step === 'up' ? `${mine} - 3` : step === 'down' ? `${mine} + 3` : 'aheadOf' in step ? `${other} - 1` : `${other} + 1`
  const { rows: [moved] } = await trx.raw(`
    with ordered as (select id, 2 * row_number() over (order by ${ORDER}, ${NAME}, id) as place from :table: where retired_at is null),
    placed as (select id, row_number() over (order by case when id = :id then coalesce(${target}, place) else place end) as place from ordered)
    update :table: changed set position = placed.place from placed where changed.id = placed.id and changed.position is distinct from placed.place
    returning (select name from :table: where id = :id) as name`,
  { table: list.table, id, ...(typeof step === 'object' && { other: 'aheadOf' in step ? step.aheadOf : step.behind }) })
  if (moved) await recordAudit(trx, by, list.audit, { changes: [{ field: 'order', old: null, new: moved.name }] })
}

/** Takes everybody's place away, so that the list goes by name. */
export async function sortByName (trx: Db, by: Viewer, list: ChoiceList): Promise<void> {
  await lockOrder(trx, list)
  const changed = await trx(list.table).whereNotNull('position').update({ position: null })
  if (changed > 0) await recordAudit(trx, by, list.audit, { changes: [{ field: 'order', old: null, new: 'A–Z' }] })
}

/**
 * Gives everything that the others have to the one that stays, and deletes the others. Throws NoSuchChoice when any of them isn't there
 * any more: then the counts that were shown are wrong too.
 */
export async function mergeChoices<R extends Choice> (trx: Db, by: Viewer, list: ChoiceList<R>, ids: readonly number[], into: number): Promise<R> {
  await list.hold(trx, ids)
  const all = await lockChoices(trx, list, ids)
  const stays = all.find(choice => choice.id === into)
  if (all.length !== ids.length || !stays) throw new NoSuchChoice()
  const gone = all.filter(choice => choice.id !== into)
  if (gone.some(choice => choice.key)) throw new NoSuchChoice()
  await list.replace(trx, by, gone, stays)
  await trx(list.table).whereIn('id', gone.map(choice => choice.id)).delete()
  await audit(trx, by, list, stays, [{ field: 'merged', old: null, new: gone.map(choice => choice.name).join(', ') }])
  return stays
}

/** What shall be had instead of one that is deleted: another (by id or by its name), or none. */
export type Instead = { id: number } | { name: string } | 'none'

/** Deletes one. Throws NotFound, LastOne, InUse when somebody has it and `instead` isn't said, NoSuchChoice when that isn't there. */
export async function deleteChoice<R extends Choice> (trx: Db, by: Viewer, list: ChoiceList<R>, id: number | null, instead: Instead | undefined): Promise<R> {
  if (list.keepsOne) await lockOrder(trx, list)
  const found = await findChoice(trx, list, id)
  const other = typeof instead !== 'object' ? undefined : 'id' in instead ? instead.id : (await findByName(trx, list, instead.name))?.id
  if (typeof instead === 'object' && (!other || other === found.id)) throw new NoSuchChoice()
  await list.hold(trx, [found.id])
  const locked = await lockChoices(trx, list, other ? [found.id, other] : [found.id])
  const choice = locked.find(one => one.id === found.id)
  if (!choice || choice.key) throw new NotFound()
  const to = locked.find(one => one.id === other)
  if (other && !to) throw new NoSuchChoice()
  await keepOne(trx, list, [choice.id])

  const use = await list.findUse(trx, [choice.id])
  if (isUsed(use)) {
    if (!to && !(instead === 'none' && list.mayBeNone)) throw new InUse(use)
    await list.replace(trx, by, [choice], to ?? null)
  } else await list.release?.(trx, [choice.id])
  await trx(list.table).where({ id: choice.id }).delete()
  await audit(trx, by, list, choice, [{ field: 'deleted', old: false, new: true }, ...(isUsed(use) && to ? [{ field: 'replaced_by' as const, old: null, new: to.name }] : [])])
  return choice
}

async function lockChoice<R extends Choice> (trx: Db, list: ChoiceList<R>, id: number | null): Promise<R> {
  const [choice] = id ? await lockChoices(trx, list, [id]) : []
  if (!choice) throw new NotFound()
  return choice
}

// The locks make whoever is being saved with one of them wait until we know.
async function lockChoices<R extends Choice> (trx: Db, list: ChoiceList<R>, ids: readonly number[]): Promise<R[]> {
  return rowsOf(trx, list).whereIn('id', [...ids]).orderBy('id').forUpdate()
}

// An order is of all rows, so of two people who change it the second waits.
const lockOrder = (trx: Db, { table }: ChoiceList) => trx.raw("select pg_advisory_xact_lock(hashtextextended('order:' || ?, 0))", [table])

async function keepOne (trx: Db, list: ChoiceList, without: readonly number[]): Promise<void> {
  if (!list.keepsOne) return
  const other = await trx(list.table).whereNotIn('id', [...without]).whereNull('retired_at').first('id')
  if (!other) throw new LastOne()
}

const subjectOf = (list: ChoiceList, { id, name, key }: NamedChoice) => ({ type: list.table, id, name: name ?? key ?? '' })

const audit = (trx: Db, by: Viewer, list: ChoiceList, choice: NamedChoice, changes: AuditChange[]) =>
  recordAudit(trx, by, list.audit, { subject: subjectOf(list, choice), changes })

function sayTaken ({ table }: ChoiceList, error: Error & { constraint?: string }): never {
  throw error.constraint === `${table}_name` || error.constraint === `${table}_name_key_key` ? new NameTaken() : error
}
