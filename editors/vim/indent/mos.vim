" Mos: a line is one step deeper than the line that opened the bracket around it, and one more where it goes on
" with the statement above.
if exists('b:did_indent')
  finish
endif
let b:did_indent = 1

setlocal indentexpr=MosIndent(v:lnum)
setlocal indentkeys=0{,0},0),0],!^F,o,O,0=\|>,0.
setlocal nosmartindent
let b:undo_indent = 'setlocal indentexpr< indentkeys< smartindent<'

if exists('*MosIndent')
  finish
endif

let s:unfinished = '\%([-+*/%@&|~=<>]\|\<\%(and\|or\|not\|in\)\|\.\.=\?\)\s*$'
let s:continuing = '^\s*\%(|>\|\.\h\)'
" Texts of one line, and a comment. A text with another in its interpolation is read as two: it makes no
" difference to brackets.
let s:quiet = '""".\{-}"""\|"\%([^"\\]\|\\.\)*"\|#.*'

" The code of a line, with signs in place of its texts and comments.
function! s:Code(text) abort
  return substitute(a:text, s:quiet, '\=submatch(0)[0] ==# "#" ? "" : repeat("x", strlen(submatch(0)))', 'g')
endfunction

function! s:IsText(line) abort
  return synIDattr(get(synstack(a:line, 1), 0, 0), 'name') ==# 'mosText' && getline(a:line) !~# '^"""'
endfunction

" The line and the column of the bracket that is open at the beginning of a line; zeros where none is.
function! s:Enclosing(number) abort
  call cursor(a:number, 1)
  " What stands above a statement of the top level is closed.
  let line = search('^[^[:space:]#\])}]', 'bW')
  while line > 0 && s:IsText(line)
    let line = search('^[^[:space:]#\])}]', 'bW')
  endwhile
  let open = []
  let in_text = 0
  for number in range(max([line, 1]), a:number - 1)
    let text = getline(number)
    if in_text
      let end = stridx(text, '"""')
      if end < 0
        continue
      endif
      let text = repeat('x', end + 3) . strpart(text, end + 3)
    endif
    let code = s:Code(text)
    let in_text = stridx(code, '"""') >= 0
    let [bracket, column, end] = matchstrpos(code, '[][(){}]')
    while column >= 0
      if stridx('([{', bracket) >= 0
        call add(open, [number, column + 1])
      elseif !empty(open)
        call remove(open, -1)
      endif
      let [bracket, column, end] = matchstrpos(code, '[][(){}]', end)
    endwhile
  endfor
  return get(open, -1, [0, 0])
endfunction

function! MosIndent(number) abort
  " Lines of a text stay as they are.
  if a:number > 1 && s:IsText(a:number)
    return -1
  endif
  let text = getline(a:number)
  let [line, column] = s:Enclosing(a:number)
  if line == 0
    let depth = 0
  elseif text =~# '^\s*[])}]'
    return indent(line)
  elseif getline(line)[column - 1] !=# '{' && strpart(s:Code(getline(line)), column) =~# '\S'
    return column
  else
    let depth = indent(line) + shiftwidth()
  endif
  let previous = prevnonblank(a:number - 1)
  while previous > line && s:Code(getline(previous)) =~# '^\s*$'
    let previous = prevnonblank(previous - 1)
  endwhile
  let goes_on = previous > line && s:Code(getline(previous)) =~# s:unfinished
  return depth + (goes_on || text =~# s:continuing ? shiftwidth() : 0)
endfunction
