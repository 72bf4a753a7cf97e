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
  keyHint: 'It is not kept: a cookie stands for it, for eight hours at most.',
  insecure:
    'This page came unencrypted from another machine, so the browser keeps no cookie that stands for a key. Open it with https, or on that machine as localhost.',
  signedInAs: 'Signed in with the key',
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
  keyHint: '密钥本身不会被保存：由一个最长八小时有效的 Cookie 代表它。',
  insecure:
    '此页面来自另一台机器且未加密，浏览器不会保存代表密钥的 Cookie。请使用 https 打开，或在那台机器上以 localhost 打开。',
  signedInAs: '登录所用密钥',
  enter: '继续'
}

export const SHELL_TEXTS: Texts<typeof en> = { en, zh }
