import type { Texts } from '../shell/texts.js'

const en = {
  title: 'Overview',
  strategy: 'Strategy in force',
  version: (version: number) => `Version ${version}`,
  loaded: 'loaded',
  offers: 'Offers',
  models: 'Models',
  processes: 'Processes',
  process: 'Process',
  noModels: 'No models: every propensity is its offer’s prior.',
  model: 'Model',
  shadows: 'Challengers',
  hash: 'Hash',
  errors: 'Problems'
}

const zh: typeof en = {
  title: '概览',
  strategy: '当前策略',
  version: version => `版本 ${version}`,
  loaded: '加载于',
  offers: '优惠',
  models: '模型',
  processes: '进程',
  process: '进程',
  noModels: '没有模型：每个倾向值都取优惠的先验值。',
  model: '模型',
  shadows: '挑战者',
  hash: '哈希',
  errors: '问题'
}

export const OVERVIEW_TEXTS: Texts<typeof en> = { en, zh }
