import { z } from 'zod'
import { choiceName } from '../choices/form.js'
import { readForm } from '../web/form.js'

const schema = z.object({ name: choiceName(100) })

/** Reads the one thing a location has: its name. */
export const readLocationForm = (body: unknown) => readForm(schema, body)
