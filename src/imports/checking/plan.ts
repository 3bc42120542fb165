import { LANGUAGES, type Viewer } from '../../web/viewer.js'
import type { Db } from '../../database/knex.js'
import type { Shape } from '../../form-editor/definition.js'
import { shapeOf } from '../../form-editor/shape.js'
import { folded } from '../../form-editor/kind/convert.js'
import { listTypes } from '../../phone-types/queries.js'
import type { DecimalMark } from '../../web/format.js'
import { translator } from '../../web/i18n.js'
import type { SurnameFirst } from '../columns/names.js'
import type { Creates, Rules } from '../rules.js'
import type { Inspected } from '../reading/reading.js'
import { howSurnameFirst } from './halves.js'
import { isExample, isRemark } from './remarks.js'

/** Ids by the folded names of what a company keeps in lists. */
export type Known = [name: string, id: number][]

/** All that rows are checked by, to be handed to another process. */
export interface Plan {
  columns: (string | null)[]
  /** The file is our own export: what stands in a cell was in the client so, and nothing was written where there is nothing. */
  isOwn?: boolean
  /** What the columns are called, where a row of the file says so. */
  header?: string[]
  country: string
  timeZone: string
  /** How the file writes its numbers, as far as it tells. */
  decimalMark?: DecimalMark | undefined
  /** Columns whose days are written the other way round than in the country. */
  foreignDays?: number[]
  /** Of columns of names those in which the surname stands first. */
  surnameFirst?: Record<number, SurnameFirst>
  /** Its rows have several cells each, so that what stands alone in one may be no client's. */
  hasSeveral?: boolean
  shape: Shape
  /** The type of phones that say nothing of theirs. */
  phoneType: number
  phoneTypes: Known
  campaigns: Known
  locations: Known
  priceTypes: Known
  creates: Creates[]
  /** Whether somebody said how the consents came. */
  consents: boolean
  /** New clients are suppliers, because its person sees no others. */
  suppliersOnly: boolean
}

/** What rows of an import are checked by at this moment. */
export async function makePlan (db: Db, viewer: Viewer, columns: (string | null)[], rules: Rules): Promise<Plan> {
  const [shape, types, lists] = await Promise.all([shapeOf(db, 'client'), listTypes(db), listNames(db)])
  const named = (type: { key: string | null, name: string | null }) => type.name === null ? LANGUAGES.map(language => translator(language)(`phone_types.${type.key}`)) : [type.name]
  return {
    columns, shape, ...lists,
    country: viewer.organisation.country, timeZone: viewer.organisation.timeZone,
    phoneType: types[0]!.id,
    phoneTypes: types.flatMap(type => named(type).map((name): [string, number] => [folded(name), type.id])),
    creates: rules.creates.filter(what => mayCreate(viewer, what)),
    consents: rules.how !== null,
    suppliersOnly: !viewer.can('clients.view') && viewer.can('suppliers.view')
  }
}

/** What the look at a file says of how its rows are to be read. */
export function plannedBy ({ reading, header, sample }: Inspected, columns: readonly (string | null)[], country: string): Partial<Plan> {
  const isOwn = reading.layout === 'own'
  const named = isOwn ? [] : columns.flatMap((target, column) => target === 'name' ? [column] : [])
  const several = sample.filter(cells => cells.filter(Boolean).length > 1).length
  return {
    isOwn, decimalMark: reading.decimalMark, ...(reading.headerRow !== null && { header }),
    surnameFirst: Object.fromEntries(named.flatMap(column => {
      const how = howSurnameFirst(header[column]!, sample.map(cells => cells[column] ?? ''), country)
      return how ? [[column, how]] : []
    })),
    hasSeveral: !isOwn && several > 0 && sample.every(cells => cells.filter(Boolean).length > 1 || isRemark(cells) || isExample(cells))
  }
}

/** What this viewer may add to the company's lists elsewhere, they may by an import. */
export const mayCreate = (viewer: Viewer, what: Creates): boolean =>
  what === 'tags' || (what === 'campaigns' ? viewer.can('marketing.manage') : viewer.can('settings.manage'))

async function listNames (db: Db): Promise<Pick<Plan, 'campaigns' | 'locations' | 'priceTypes'>> {
  const list = async (table: string): Promise<Known> => (await db(table).orderBy('id').select('id', 'name')).map(({ id, name }) => [folded(name), id])
  const [campaigns, locations, priceTypes] = await Promise.all(['campaigns', 'locations', 'price_types'].map(list))
  return { campaigns: campaigns!, locations: locations!, priceTypes: priceTypes! }
}
