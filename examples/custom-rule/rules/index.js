import { detector, fixer } from './team-label.js'

/** @type {import('mesh-fix').Rules} */
export default { detectors: [detector], fixers: [fixer] }
