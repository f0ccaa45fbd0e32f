"""What the launcher prints, in both languages at once: nobody has chosen one yet."""

SAY = {
    "collector": "Trung tâm: {url} (dữ liệu ở {data}). · Collector: {url} (data in {data}).",
    "link": "Mở trang (một lần, trong 10 phút) · Open the page (once, within 10 minutes):\n  {link}",
    "curl": 'Số liệu · Metrics:\n  curl -sH "Authorization: Bearer $(cat {metrics})" {url}/metrics',
    "read": 'Danh sách xã · Communes:\n  curl -sH "Authorization: Bearer $(cat {read})" {url}/api/v1/communes',
    "province": "Danh mục: {there} (sửa tại {folder}). · Inventory: {there} (edit it in {folder}).",
    "demo": "Mô phỏng toàn tỉnh, ghi rõ trên mọi trang; nhật ký: {log} · A simulated province, labelled so; log: {log}",
    "vantage": "Máy nhìn từ phía tỉnh: {count} địa chỉ có trong danh mục. · The vantage: {count} addresses to ask.",
    "no_vantage": "Danh mục chưa có địa chỉ thiết bị nào nên chưa có gì để nhìn từ phía tỉnh ({folder}).\n"
    "The inventory holds no address yet, so nothing is looked at from the province's side ({folder}).",
    "stop": "Ctrl-C để dừng tất cả. · Ctrl-C stops everything.",
    "other": "{folder} đang giữ danh mục của {there}, không phải {wanted}: hãy xóa hoặc đổi tên thư mục đó.\n"
    "{folder} holds the inventory of {there}, not of {wanted}: remove or rename that folder.",
    "port": "Không mở được cổng {port}: {log}\nCổng có thể đang bận · port in use? Thử · try: make run PORT=9650",
    "died": "{name} dừng bất ngờ (mã {code}); xem {log} · {name} stopped unexpectedly (code {code}); see {log}",
}
