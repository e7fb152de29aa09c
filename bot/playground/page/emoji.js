// Shortcodes of common use. An unknown one stays as it was written.

const TABLE = `
+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|wave 👋|clap 👏|raised_hands 🙌|pray 🙏|muscle 💪|eyes 👀|point_right 👉
point_up ☝️|ok_hand 👌|handshake 🤝|writing_hand ✍️|smile 😄|grinning 😀|slightly_smiling_face 🙂|wink 😉|joy 😂
thinking_face 🤔|sweat_smile 😅|sunglasses 😎|sleeping 😴|zzz 💤|sob 😭|scream 😱|partying_face 🥳|heart ❤️
green_heart 💚|yellow_heart 💛|tada 🎉|sparkles ✨|star ⭐|star2 🌟|fire 🔥|boom 💥|rocket 🚀|zap ⚡|sunny ☀️
cloud ☁️|crescent_moon 🌙|earth_asia 🌏|seedling 🌱|snail 🐌|turtle 🐢|coffee ☕|beers 🍻|cake 🍰|trophy 🏆
dart 🎯|warning ⚠️|rotating_light 🚨|no_entry ⛔|no_entry_sign 🚫|x ❌|heavy_check_mark ✔️|white_check_mark ✅
ballot_box_with_check ☑️|heavy_minus_sign ➖|heavy_plus_sign ➕|question ❓|grey_question ❔|exclamation ❗
information_source ℹ️|bulb 💡|bell 🔔|no_bell 🔕|mute 🔇|loudspeaker 📢|mega 📣|speech_balloon 💬|lock 🔒
unlock 🔓|key 🔑|link 🔗|broken_chain ⛓️|paperclip 📎|pushpin 📌|round_pushpin 📍|memo 📝|pencil ✏️|pencil2 ✏️
clipboard 📋|calendar 📆|date 📅|spiral_calendar_pad 🗓️|hourglass ⌛|hourglass_flowing_sand ⏳|stopwatch ⏱️
alarm_clock ⏰|timer_clock ⏲️|clock1 🕐|clock9 🕘|watch ⌚|bar_chart 📊|chart_with_upwards_trend 📈
chart_with_downwards_trend 📉|computer 💻|desktop_computer 🖥️|floppy_disk 💾|gear ⚙️|wrench 🔧|hammer_and_wrench 🛠️
hammer 🔨|toolbox 🧰|mag 🔍|package 📦|wastebasket 🗑️|electric_plug 🔌|battery 🔋|satellite_antenna 📡|microscope 🔬
test_tube 🧪|dna 🧬|atom_symbol ⚛️|moneybag 💰|credit_card 💳|receipt 🧾|repeat 🔁|arrows_counterclockwise 🔄
arrow_up ⬆️|arrow_down ⬇️|arrow_right ➡️|arrow_left ⬅️|arrow_upper_right ↗️|arrow_lower_right ↘️|arrow_forward ▶️
double_vertical_bar ⏸️|black_square_for_stop ⏹️|red_circle 🔴|large_orange_circle 🟠|orange_circle 🟠
large_yellow_circle 🟡|yellow_circle 🟡|large_green_circle 🟢|green_circle 🟢|large_blue_circle 🔵|white_circle ⚪
black_circle ⚫|large_red_square 🟥|large_green_square 🟩|large_yellow_square 🟨|white_large_square ⬜
small_orange_diamond 🔸|small_blue_diamond 🔹|robot_face 🤖|busts_in_silhouette 👥|bust_in_silhouette 👤
family 👪|technologist 🧑‍💻|house 🏠|office 🏢|globe_with_meridians 🌐|checkered_flag 🏁|construction 🚧
triangular_flag_on_post 🚩|sos 🆘|new 🆕|ok 🆗|100 💯|speaker 🔈|newspaper 📰|books 📚|book 📖|bookmark 🔖|inbox_tray 📥
outbox_tray 📤|envelope ✉️|email 📧|incoming_envelope 📨|crossed_fingers 🤞|crystal_ball 🔮|umbrella ☔|snowflake ❄️`;

const EMOJI = new Map(
  TABLE.trim().split(/[|\n]/).map((entry) => {
    const cut = entry.lastIndexOf(" ");
    return [entry.slice(0, cut), entry.slice(cut + 1)];
  }),
);

/** The sign for a shortcode without colons, or null. */
export const emoji = (name) => EMOJI.get(String(name).toLowerCase()) || null;

/** `text` with each known :shortcode: replaced by its sign. */
export const withEmoji = (text) =>
  String(text).replace(/:([a-z0-9_+-]+):/gi, (whole, name) => emoji(name) || whole);
