" Mos: comments, indentation, and what `gq`, `:make` and `K` call.
if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal comments=b:##,b:# commentstring=#\ %s
setlocal expandtab shiftwidth=4 softtabstop=4
setlocal formatoptions-=t formatoptions+=croql
setlocal suffixesadd=.mos
" `gggqG` writes the whole program in form. What does not parse stays as it is.
setlocal formatprg=mos\ fmt\ -
setlocal formatexpr=MosFormat(v:lnum,v:count)
if has('nvim') || exists('*term_start')
  setlocal keywordprg=:terminal\ mos\ doc
else
  setlocal keywordprg=mos\ doc
endif
setlocal makeprg=mos\ check\ %:S
setlocal errorformat=%Eerror[%*\\w]:\ %m,%Wwarning[%*\\w]:\ %m,%Z\ %#-->\ %f:%l:%c,%-G%.%#

let b:undo_ftplugin = 'setlocal comments< commentstring< expandtab< shiftwidth< softtabstop<'
      \ . ' formatoptions< suffixesadd< formatprg< formatexpr< keywordprg< makeprg< errorformat<'

if exists('*MosFormat')
  finish
endif

function! MosFormat(first, count) abort
  " Lines that are broken while one types are Vim's own affair.
  if mode() =~# '[iR]'
    return 1
  endif
  let lines = getline(a:first, a:first + a:count - 1)
  let depth = repeat(' ', indent(a:first))
  if depth !=# '' && match(lines, '"""') >= 0
    echomsg 'mos fmt: a text of several lines moves only with its whole program'
    return 0
  endif
  let written = systemlist(&formatprg, lines)
  if v:shell_error
    echohl ErrorMsg | echomsg get(written, 0, 'mos fmt failed') | echohl None
    return 0
  endif
  call map(written, 'v:val ==# "" ? "" : depth . v:val')
  if written !=# lines
    call deletebufline('%', a:first + len(written), a:first + a:count - 1)
    call setline(a:first, written[: a:count - 1])
    call append(a:first + a:count - 1, written[a:count :])
  endif
  return 0
endfunction
