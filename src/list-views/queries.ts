import { changesBetween, recordAudit, recordChanges } from '../audit/record.js'
import { prepared, type Db } from '../database/knex.js'
import { rememberedWhole } from '../database/remembered.js'
import { auditedRole, listRoles } from '../roles/queries.js'
import type { Role } from '../roles/ranks.js'
import { Forbidden, NotFound } from '../web/errors.js'
import type { Viewer } from '../web/viewer.js'
import { mayChange, type BadgeLook, type ListView, type ListViews } from './view.js'

/** Another view of those one sees beside it is called so. */
export class NameTaken extends Error {}

/** The view was changed since the page was made. */
export class ViewChanged extends Error {
  constructor (readonly view: ListView) { super('The view was changed') }
}

const COLUMNS = ['v.id', 'v.name', 'v.query', 'v.shared', 'v.badge', 'v.labels', 'v.icon', 'v.colour', 'v.owner_id', 'o.name as owner', 'v.version', 'c.name as changed_by', 'v.changed_at']

const views = (db: Db, viewer: Pick<Viewer, 'id'>, list: string) => db('list_views as v').join('employees as o', 'o.id', 'v.owner_id').leftJoin('employees as c', 'c.id', 'v.changed_by')
  .where('v.list', list).whereNull('v.deleted_at').where(either => { either.where('v.shared', true).orWhere('v.owner_id', viewer.id) })

const IN_ORDER = [{ column: 'v.shared', order: 'desc' }, { column: 'v.position' }, { column: 'v.id' }]

/** The views of a list that a person can open, and the one it opens with. Read for each page of the list. */
export const listViews = (db: Db, viewer: Pick<Viewer, 'id' | 'roleId' | 'viewingAs' | 'asOf'>, list: string): Promise<ListViews> =>
  rememberedWhole(db, viewer.asOf, `views of ${list} ${viewer.id} ${viewer.roleId} ${Boolean(viewer.viewingAs)}`, () => readViews(db, viewer, list), { of: 'views' })

// A person's own default comes before their role's, also when it is to open with none; through the eyes of another role, that one's alone.
const OPENS_WITH = 'select view_id from list_defaults where list = ? and (role_id = ? or employee_id = ?) order by employee_id is null limit 1'
const VIEWS = `
  select ${COLUMNS.join(', ')}, (${OPENS_WITH}) as wanted
  from list_views v join employees o on o.id = v.owner_id left join employees c on c.id = v.changed_by
  where v.list = ? and v.deleted_at is null and (v.shared or v.owner_id = ?) order by v.shared desc, v.position, v.id`

async function readViews (db: Db, { id, roleId, viewingAs }: Pick<Viewer, 'id' | 'roleId' | 'viewingAs'>, list: string): Promise<ListViews> {
  const { rows: found } = await prepared<(ListView & { wanted: number | null })[]>(db, VIEWS, [list, roleId, viewingAs ? null : id, list, id])
  return { views: found.map(({ wanted, ...view }) => view), opensWith: found.find(view => view.id === view.wanted)?.id ?? null }
}

/** A view as this person may open it. Throws NotFound. */
export async function findView (db: Db, viewer: Pick<Viewer, 'id'>, list: string, id: number | null): Promise<ListView> {
  const view = id === null ? undefined : await views(db, viewer, list).where('v.id', id).first(COLUMNS)
  if (!view) throw new NotFound()
  return view
}

export interface ViewValues { name: string, shared: boolean, query: string }

/** Keeps a view behind those that are there; returns its id. Throws NameTaken. */
export async function createView (db: Db, by: Viewer, list: string, { name, shared, query }: ViewValues): Promise<number> {
  if (shared && !by.can('views.share')) throw new Forbidden(['views.share'])
  return named(db.transaction(async trx => {
    const position = trx('list_views').where({ list, shared }).select(trx.raw('coalesce(max(position), 0) + 1'))
    const [{ id }] = await trx('list_views').insert({ list, owner_id: by.id, name, shared, query, position, changed_by: by.id }).returning('id')
    if (shared) await recordAudit(trx, by, 'views.shared', { subject: subject(id, name), changes: changesBetween({}, { view_query: query }) })
    return id
  }))
}

/** Changes what is given of a view that still is what the person saw. Throws NotFound, Forbidden, ViewChanged and NameTaken. */
export async function changeView (db: Db, by: Viewer, list: string, id: number, version: number | null, values: Partial<ViewValues>): Promise<void> {
  await named(db.transaction(async trx => {
    const view = await lockView(trx, by, list, id)
    if (values.shared !== undefined && values.shared !== view.shared && (!by.can('views.share') || view.owner_id !== by.id)) throw new Forbidden(['views.share'])
    if (version !== view.version) throw new ViewChanged(view)
    const position = values.shared === undefined || values.shared === view.shared ? undefined : trx('list_views').where({ list, shared: values.shared }).select(trx.raw('coalesce(max(position), 0) + 1'))
    await trx('list_views').where({ id }).update({ ...values, ...(values.shared === false && { badge: false }), ...(position && { position }), version: view.version + 1, changed_by: by.id, changed_at: trx.fn.now() })
    const { name, shared, query } = { ...view, ...values }
    if (!view.shared && !shared) return
    const kind = shared === view.shared ? 'views.changed' : shared ? 'views.shared' : 'views.unshared'
    await recordChanges(trx, by, kind, { subject: subject(id, name), changes: changesBetween({ name: view.name, view_query: view.query, shared: view.shared }, { name, view_query: query, shared }) })
  }))
}

/** Lets a view stand above its list as a badge, or no longer: all see it then. Throws NotFound, Forbidden, ViewChanged and NameTaken. */
export async function setBadge (db: Db, by: Viewer, list: string, id: number, version: number | null, { badge, labels, icon, colour }: BadgeLook & { badge: boolean }): Promise<void> {
  await named(db.transaction(async trx => {
    const view = await lockView(trx, by, list, id)
    if (version !== view.version) throw new ViewChanged(view)
    const shared = view.shared || badge
    const position = shared === view.shared ? undefined : trx('list_views').where({ list, shared }).select(trx.raw('coalesce(max(position), 0) + 1'))
    await trx('list_views').where({ id }).update({ badge, shared, labels: JSON.stringify(labels), icon, colour, ...(position && { position }), version: view.version + 1, changed_by: by.id, changed_at: trx.fn.now() })
    const told = (of: BadgeLook & { badge: boolean, shared: boolean }) => ({ badge: of.badge, label: Object.values(of.labels).join(' / '), icon: of.icon, colour: of.colour, shared: of.shared })
    await recordChanges(trx, by, 'views.changed', { subject: subject(id, view.name), changes: changesBetween(told(view), told({ badge, labels, icon, colour, shared })) })
  }))
}

/** Takes a view away, or back. Throws NotFound, Forbidden, and NameTaken when another has its name by now. */
export async function removeView (db: Db, by: Viewer, list: string, id: number | null, removed: boolean): Promise<ListView> {
  return named(db.transaction(async trx => {
    if (!removed) await trx('list_views').where({ id, list }).whereNotNull('deleted_at').update({ deleted_at: null })
    const view = await lockView(trx, by, list, id)
    if (removed) await trx('list_views').where({ id: view.id }).update({ deleted_at: trx.fn.now() })
    if (view.shared) await recordAudit(trx, by, removed ? 'views.removed' : 'views.restored', { subject: subject(view.id, view.name) })
    return view
  }))
}

/** Moves a view by a place among the shared or among one's own. Throws NotFound and Forbidden. */
export async function moveView (db: Db, by: Viewer, list: string, id: number | null, step: -1 | 1): Promise<void> {
  await db.transaction(async trx => {
    const view = await lockView(trx, by, list, id)
    const beside = await views(trx, by, list).where('v.shared', view.shared).orderBy(IN_ORDER).pluck('v.id')
    const at = beside.indexOf(view.id)
    if (at + step < 0 || at + step >= beside.length) return
    beside.splice(at + step, 0, ...beside.splice(at, 1))
    await trx.raw('update list_views set position = n from unnest(?::bigint[]) with ordinality as o(id, n) where list_views.id = o.id', [beside])
  })
}

async function lockView (trx: Db, by: Viewer, list: string, id: number | null): Promise<ListView> {
  if (id !== null) await trx('list_views').where({ id }).forUpdate().first('id')
  const view = await findView(trx, by, list, id)
  if (!mayChange(by, view)) throw new Forbidden(['views.share'])
  return view
}

/** What a list opens with: a view, null for the list without one, or nothing of one's own: what the role has. */
export type Opening = number | null | undefined

/** What a person chose for themselves. */
export async function findOpening (db: Db, viewer: Pick<Viewer, 'id'>, list: string): Promise<Opening> {
  return (await db('list_defaults').where({ list, employee_id: viewer.id }).first('view_id'))?.view_id
}

/** Keeps what a list opens with for one person. Throws NotFound for a view they don't see. */
export async function keepOpening (db: Db, viewer: Viewer, list: string, opening: Opening): Promise<void> {
  await db.transaction(async trx => {
    if (opening) await findView(trx, viewer, list, opening)
    await trx('list_defaults').where({ list, employee_id: viewer.id }).delete()
    if (opening !== undefined) await trx('list_defaults').insert({ list, employee_id: viewer.id, view_id: opening }).onConflict(['list', 'employee_id']).merge()
  })
}

export interface RoleOpening { role: Role, view_id: number | null }

/** Every role with the shared view that a list opens with for its people. */
export async function listRoleOpenings (db: Db, list: string): Promise<RoleOpening[]> {
  const roles = await listRoles(db)
  const openings = new Map<number, number>((await db('list_defaults as d').join('list_views as v', 'v.id', 'd.view_id')
    .where('d.list', list).whereNotNull('d.role_id').where('v.shared', true).whereNull('v.deleted_at').select('d.role_id', 'v.id')).map(row => [row.role_id, row.id]))
  return roles.map(role => ({ role, view_id: openings.get(role.id) ?? null }))
}

/** Keeps what a list opens with for roles. Throws NotFound for a role that is gone and a view that isn't shared. */
export async function keepRoleOpenings (db: Db, by: Viewer, list: string, openings: ReadonlyMap<number, number | null>): Promise<void> {
  await db.transaction(async trx => {
    await trx('list_views').where({ list, shared: true }).forShare().select('id')
    const roles = new Map((await listRoleOpenings(trx, list)).map(opening => [opening.role.id, opening]))
    const shared = new Map((await views(trx, by, list).where('v.shared', true).select('v.id', 'v.name')).map(view => [view.id, view.name]))
    for (const [id, opening] of openings) {
      const now = roles.get(id)
      if (!now || (opening !== null && !shared.has(opening))) throw new NotFound()
      await trx('list_defaults').where({ list, role_id: id }).delete()
      if (opening !== null) await trx('list_defaults').insert({ list, role_id: id, view_id: opening })
      const name = (view: number | null) => view === null ? null : shared.get(view)
      await recordChanges(trx, by, 'views.role_opening', { subject: auditedRole(now.role), changes: changesBetween({ view: name(now.view_id) }, { view: name(opening) }) })
    }
  })
}

const subject = (id: number, name: string) => ({ type: 'view', id, name })

async function named<T> (change: Promise<T>): Promise<T> {
  return change.catch((error: { constraint?: string }) => { throw error.constraint === 'list_views_shared' || error.constraint === 'list_views_own' ? new NameTaken() : error })
}
