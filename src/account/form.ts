import { z } from 'zod'
import { newPasswordOf } from '../sign-in/password.js'
import { email, oneOf, readForm, required } from '../web/form.js'
import { LANGUAGES } from '../web/viewer.js'

const profile = z.object({ name: required(200), language: oneOf(LANGUAGES) })

const current = z.string().max(1000, { error: 'form.password_wrong' }).default('').refine(value => value !== '', { error: 'form.required' })

export const readProfileForm = (body: unknown) => readForm(profile, body)

/** Reads a new password, and the one there is; `about`: what somebody who knows its owner would try. */
export const readPasswordForm = (body: unknown, about: readonly string[]) => readForm(z.object({ current_password: current, password: newPasswordOf(about) }), body)

/** Reads a new e-mail, and the password as a sign that it is its owner who asks. */
export const readEmailForm = (body: unknown) => readForm(z.object({ new_email: email, email_password: current }), body)
