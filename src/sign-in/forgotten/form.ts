import { z } from 'zod'
import { email, readForm } from '../../web/form.js'
import { newPasswordOf } from '../password.js'

export const readForgottenForm = (body: unknown) => readForm(z.object({ email }), body)

/** Reads a new password; `about`: what somebody who knows its owner would try. */
export const readNewPasswordForm = (body: unknown, about: readonly string[]) => readForm(z.object({ password: newPasswordOf(about) }), body)
