import { z } from 'zod'
import { idOf, readForm, required, text, tick, type Body } from '../web/form.js'
import type { Opening } from './queries.js'

const name = required(60)
const query = text(6000)

/** Reads a new view: its name, whom it is for, what it keeps, and whether it is to become a badge. */
export const readNewView = (body: unknown) => readForm(z.object({ name, shared: tick, badge: tick, query }), body)

/** Reads a change of a view: of its name and for whom it is, of what it keeps, or of both; `version` is what the person saw. */
export function readViewChange (body: Body) {
  const schema = z.object({ ...'name' in body && { name }, ...'whom' in body && { whom: z.enum(['all', 'me'], { error: 'form.choose' }) }, ...'query' in body && { query } })
  return readForm(schema as z.ZodType<{ name?: string, whom?: 'all' | 'me', query?: string }>, body)
}

/** Reads what a list opens with: "" as the role has it, "all", or a view's id; null is none of these. */
export function readOpening (value: unknown): { opening: Opening } | null {
  if (value === '') return { opening: undefined }
  if (value === 'all') return { opening: null }
  const opening = idOf(value)
  return opening === null ? null : { opening }
}

/** Reads `role.<id>` where it differs from `was.<id>`: what stood there when the page was made. */
export function readRoleOpenings (body: Body): Map<number, number | null> | null {
  const openings = new Map<number, number | null>()
  for (const [name, value] of Object.entries(body)) {
    const role = name.startsWith('role.') ? idOf(name.slice('role.'.length)) : null
    if (role === null || value === body[`was.${role}`]) continue
    if (value !== '' && idOf(value) === null) return null
    openings.set(role, idOf(value))
  }
  return openings
}
