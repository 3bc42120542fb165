import type { LeadStatus, LeadType } from '../../leads/lead.js'
import type { FilterChoices } from '../../leads/list/queries.js'
import type { By } from './filter.js'
import type { Part, Report, Stage } from './queries.js'

/** What the report needs of names. */
export interface Names { statuses: readonly LeadStatus[], types: readonly LeadType[], choices: FilterChoices, statusName (status: LeadStatus): string, typeName (type: LeadType): string, none: string }

/** A stage with its status, in the order of the statuses. */
export interface ShownStage extends Stage { status: LeadStatus, name: string }
export interface ShownPart extends Part { name: string }

/** Every status that any lead came into, and those that are in use. */
export function stagesOf ({ stages }: Report, { statuses, statusName }: Names): ShownStage[] {
  const byStatus = new Map(stages.map(stage => [stage.statusId, stage]))
  return statuses.flatMap(status => {
    const stage = byStatus.get(status.id)
    return stage ? [{ ...stage, status, name: statusName(status) }] : []
  })
}

/** The parts under the names of what they are of. */
export function partsOf ({ parts }: Report, by: By, names: Names): ShownPart[] {
  const lists = { campaign: names.choices.campaigns, manager: names.choices.managers, location: names.choices.locations, type: names.types.map(type => ({ id: type.id, name: names.typeName(type) })) }
  const known = by === 'month' ? null : new Map(lists[by].map(({ id, name }) => [String(id), name]))
  return parts.map(part => ({ ...part, name: part.key === null ? names.none : known ? known.get(part.key) ?? '?' : part.key }))
}

/** Won of what was closed, in percent; null when nothing was. */
export const conversion = ({ won, lost }: Pick<Part, 'won' | 'lost'>): number | null => won + lost === 0 ? null : Math.round(1000 * won / (won + lost)) / 10
