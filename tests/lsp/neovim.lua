-- What a user of Neovim sees of a broken project: writes it to the file in $REPORT.

local report = {}
local function say(format, ...) table.insert(report, string.format(format, ...)) end

local function finish()
  local file = assert(io.open(vim.env.REPORT, 'w'))
  file:write(table.concat(report, '\n'), '\n')
  file:close()
  vim.cmd('qall!')
end

local function diagnostics()
  local found = vim.diagnostic.get(0)
  table.sort(found, function(a, b) return a.lnum < b.lnum end)
  return found
end

local function wait_for(count)
  if not vim.wait(30000, function() return #diagnostics() == count end, 10) then
    say('there are %d diagnostics and not %d', #diagnostics(), count)
  end
end

local function ask(method, params)
  for _, answer in pairs(vim.lsp.buf_request_sync(0, method, params, 30000) or {}) do
    if answer.result then return answer.result end
  end
  say('%s: no answer', method)
  return {}
end

local function main()
  package.path = vim.env.EDITORS .. '/neovim/?.lua;' .. package.path
  require('torvync').setup({ cmd = { vim.env.TORVYNC, 'lsp' } })
  vim.cmd('edit Torvyn.toml')

  wait_for(2)
  say('diagnostics')
  for _, found in ipairs(diagnostics()) do
    local text = vim.api.nvim_buf_get_lines(0, found.lnum, found.lnum + 1, true)[1]
    say('%d %s %s: %s', found.lnum + 1, found.severity, text:sub(found.col + 1, found.end_col), found.message)
  end

  say('\ncompletion of the port of an edge')
  local line = vim.fn.search('port = "input"')
  vim.api.nvim_win_set_cursor(0, { line, vim.fn.getline(line):find('input') - 1 })
  for _, item in ipairs(ask('textDocument/completion', vim.lsp.util.make_position_params(0, 'utf-16')).items or {}) do
    say('%s (%s)', item.label, item.detail)
  end

  say('\nafter the code actions')
  for _, found in ipairs(diagnostics()) do
    local position = { line = found.lnum, character = found.col }
    local params = {
      textDocument = vim.lsp.util.make_text_document_params(),
      range = { start = position, ['end'] = position },
      context = { diagnostics = {} },
    }
    local before = #diagnostics()
    local action = ask('textDocument/codeAction', params)[1]
    say('%s', action and action.title or 'there is none')
    if action then vim.lsp.util.apply_workspace_edit(action.edit, 'utf-16') end
    wait_for(before - 1)
  end
  say('\n%s', table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), '\n'))
end

local fine, problem = xpcall(main, debug.traceback)
if not fine then say('%s', problem) end
finish()
