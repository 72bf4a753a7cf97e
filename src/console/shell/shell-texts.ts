import type { Texts } from './texts.js'

const en = {
  skip: 'Skip to the content',
  navigation: 'Screens',
  nowhere: 'There is no such screen',
  toStart: 'Back to the first screen',
  language: 'Language',
  theme: 'Appearance',
  themes: { system: 'As the system', light: 'Light', dark: 'Dark' },
  signOut: 'Sign out',
  signIn: 'Sign in',
  signInWhy: 'This service asks for a key.',
  key: 'Key',
  keyHint: 'It is kept in this tab only and forgotten when you close it.',
  enter: 'Continue'
}

const zh: typeof en = {
  skip: '跳到正文',
  navigation: '页面导航',
  nowhere: '没有这个页面',
  toStart: '返回首页',
  language: '语言',
  theme: '外观',
  themes: { system: '跟随系统', light: '浅色', dark: '深色' },
  signOut: '退出登录',
  signIn: '登录',
  signInWhy: '此服务需要访问密钥。',
  key: '密钥',
  keyHint: '密钥只保存在此标签页中，关闭后即被清除。',
  enter: '继续'
}

export const SHELL_TEXTS: Texts<typeof en> = { en, zh }
