import { z } from 'zod'
import { readForm, required } from '../web/form.js'

const schema = z.object({ name: required(100) })

/** Reads the one thing a location has: its name. */
export const readLocationForm = (body: unknown) => readForm(schema, body)
