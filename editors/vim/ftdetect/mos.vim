autocmd BufRead,BufNewFile *.mos setfiletype mos
