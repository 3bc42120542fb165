// Loaded before tap. To tell which test an error belongs to that nobody caught, tap follows every promise with an async hook, which takes a
// sixth of a run's time. Without it such an error ends its process, and the run fails all the same.
import asyncHooks from 'node:async_hooks'
import { syncBuiltinESMExports } from 'node:module'

const { createHook } = asyncHooks
const none = { enable: () => none, disable: () => none }
asyncHooks.createHook = () => none
syncBuiltinESMExports()
await import('tap')
asyncHooks.createHook = createHook
syncBuiltinESMExports()
