import { z } from 'zod'
import { TAG_COLOURS } from '../../clients/client.js'
import { readLabels } from '../../form-editor/fields/form.js'
import { TYPE_ICONS } from '../../lead-settings/form.js'
import { oneOf, readForm, tick, type Body, type FieldErrors } from '../../web/form.js'
import type { BadgeLook, ListView } from '../view.js'

/** What a badge can look like; '' is none, and the usual. */
export const BADGE_ICONS = ['', ...TYPE_ICONS] as const
export const BADGE_COLOURS = ['', ...TAG_COLOURS.filter(colour => colour !== 'plain')] as const

export interface BadgeValues extends BadgeLook { badge: boolean }

const schema = z.object({ badge: tick, icon: oneOf(BADGE_ICONS), colour: oneOf(BADGE_COLOURS) })

/** Reads whether a view stands above its list as a badge, and how. */
export function readBadgeForm (body: Body): { values?: BadgeValues, errors: FieldErrors, typed: Body } {
  const form = readForm(schema, body)
  const errors: FieldErrors = { ...form.errors }
  const labels = readLabels(body, 'label', 40, errors)
  return { errors, typed: body, ...(Object.keys(errors).length === 0 && form.values && { values: { ...form.values, labels } }) }
}

/** What the form shows of a view before anything was typed; of one that is no badge yet, that it becomes one. */
export const badgeTyped = ({ badge, labels, icon, colour, version }: ListView): Body => ({
  ...((badge || Object.keys(labels).length === 0) && { badge: '1' }), icon, colour, version: String(version), ...Object.fromEntries(Object.entries(labels).map(([language, words]) => [`label.${language}`, words]))
})
