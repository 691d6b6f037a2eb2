" The group of each character of the programs in $MOS_PROGRAMS, as a letter of `check.py`, and each indented anew.
set nocompatible encoding=utf-8 hidden nomore noswapfile
execute 'set runtimepath^=' . fnameescape($MOS_EDITORS_FOLDER . '/vim')
filetype plugin indent on
syntax on

let s:letters = {'Keywords': 'k', 'Contextual': 'k', 'Constants': 'c', 'Builtins': 'b', 'Number': 'n', 'Comment': '#', 'Documentation': '#',
      \ 'Hashbang': '#', 'Todo': '#', 'String': '"', 'Text': '"', 'Escape': '"', 'Interpolation': 'i', 'Format': 'i'}

function! s:Classes() abort
  let lines = []
  for number in range(1, line('$'))
    let line = getline(number)
    let column = 1
    let classes = ''
    for character in split(line, '\zs')
      let name = synIDattr(synID(number, column, 1), 'name')
      let classes .= get(s:letters, substitute(name, '^mos', '', ''), 'w')
      let column += strlen(character)
    endfor
    call add(lines, classes)
  endfor
  return lines
endfunction

for program in glob($MOS_PROGRAMS . '/*.mos', 0, 1)
  execute 'silent edit ' . fnameescape(program)
  if &filetype !=# 'mos' || &formatprg !=# 'mos fmt -'
    cquit
  endif
  call writefile(s:Classes(), fnamemodify(program, ':r') . '.vim')
  silent normal! gg=G
  call writefile(getline(1, '$'), fnamemodify(program, ':r') . '.vim-indented')
endfor
" `:make` finds the places of mistakes, and `gq` keeps what does not parse.
let &errorformat = &l:errorformat
cgetexpr ['error[syntax]: ( is not closed', ' --> a.mos:1:11', '  |', '1 | let x = (1', '  = hint: close it with )']
let s:found = map(getqflist(), '[v:val.type, v:val.lnum, v:val.col, v:val.text]')
if s:found != [['E', 1, 11, '( is not closed']]
  cquit
endif
for [s:command, s:wanted] in [['sed "s/a/b/; s/ *//"', ['  b', '  c']], ['echo d; false', ['  a', '  c']]]
  enew!
  setfiletype mos
  let &l:formatprg = s:command
  call setline(1, ['  a', '  c'])
  silent normal! gggqG
  if getline(1, '$') != s:wanted
    cquit
  endif
endfor
" The status is that of a mistake in any script.
qall!
