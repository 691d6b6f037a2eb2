" Mos: comments, indentation, and what `gq`, `:make` and `K` call.
if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal comments=b:##,b:# commentstring=#\ %s
setlocal expandtab shiftwidth=4 softtabstop=4
setlocal formatoptions-=t formatoptions+=croql
setlocal suffixesadd=.mos
" gggqG writes the whole program in form; a part of one may not parse, and then stays.
setlocal formatprg=mos\ fmt\ -
if has('nvim') || exists('*term_start')
  setlocal keywordprg=:terminal\ mos\ doc
else
  setlocal keywordprg=mos\ doc
endif
setlocal makeprg=mos\ check\ %:S
setlocal errorformat=%Eerror[%*[^]]]:\ %m,%Wwarning[%*[^]]]:\ %m,%C\ %#-->\ %f:%l:%c,%C%.%#

let b:undo_ftplugin = 'setlocal comments< commentstring< expandtab< shiftwidth< softtabstop<'
      \ . ' formatoptions< suffixesadd< formatprg< keywordprg< makeprg< errorformat<'
