-- trick: the run ends before it begins, with an error of syntax that fills a buffer
-- expect: syntax_error
left = = 1
