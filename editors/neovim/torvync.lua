-- Torvyn in Neovim 0.7 or later: `torvync lsp` for Torvyn.toml and for the contracts of its components.
--
-- Put this file into a folder `lua` of your configuration, and into init.lua:
--     require('torvync').setup()

local M = {}
local clients = {}

-- The folder of the nearest Torvyn.toml.
local function root_of(file)
  local manifest = vim.fn.findfile('Torvyn.toml', vim.fn.fnamemodify(file, ':p:h') .. ';')
  return vim.fn.fnamemodify(manifest ~= '' and manifest or file, ':p:h')
end

local function attach(buffer, cmd)
  local root = root_of(vim.api.nvim_buf_get_name(buffer))
  if vim.lsp.start then
    vim.lsp.start({ name = 'torvync', cmd = cmd, root_dir = root }, { bufnr = buffer })
    return
  end
  clients[root] = clients[root] or vim.lsp.start_client({ name = 'torvync', cmd = cmd, root_dir = root })
  vim.lsp.buf_attach_client(buffer, clients[root])
end

-- `options.cmd` is the server, if it is not `torvync lsp`.
function M.setup(options)
  local cmd = options and options.cmd or { 'torvync', 'lsp' }
  vim.api.nvim_create_autocmd({ 'BufRead', 'BufNewFile' }, {
    pattern = { 'Torvyn.toml', '*.wit' },
    callback = function(event) attach(event.buf, cmd) end,
  })
end

return M
